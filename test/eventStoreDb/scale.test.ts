import { expect, test } from 'vitest';

import { streamNameFilter } from '@eventstore/db-client';

import { History } from '../support/eventStoreDb/history.ts';
import { numbered, openClient } from '../support/eventStoreDb/testClient.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';

const EVENTS = 100_000;

test(`${EVENTS} events are kept compactly and read quickly from anywhere`, async () => {
  const history = new History();
  const metadata = Buffer.alloc(0);
  const heapBefore = process.memoryUsage().heapUsed;
  for (let index = 0; index < EVENTS; index++) {
    const data = Buffer.from(JSON.stringify({ index, text: 'x'.repeat(100) }));
    history.append(`s-${index % 1_000}`, 'any', [
      { id: crypto.randomUUID(), type: 'Seeded', isJson: true, data, metadata },
    ]);
  }
  globalThis.gc?.();
  // On the heap there is little but a number per event; the rest lies in buffers.
  expect((process.memoryUsage().heapUsed - heapBefore) / EVENTS).toBeLessThan(1_000);

  await using server = await openWireServer({ history });
  await using client = openClient(server.url);
  let read = 0;
  for await (const _ of client.readAll({ maxCount: 20_000 })) read++;
  expect(read).toBe(20_000);

  const last = history.log.lastPosition;
  for await (const { event } of client.readAll({ fromPosition: { commit: BigInt(last), prepare: BigInt(last) } })) {
    expect(event!.streamId).toBe('s-999');
  }
  // A filter that lets nothing through has the server look at everything.
  const live: string[] = [];
  const filter = streamNameFilter({ prefixes: ['fresh'], maxSearchWindow: 10_000 });
  const subscription = client.subscribeToAll({ filter });
  let appended: Promise<unknown> | undefined;
  subscription.once('caughtUp', () => {
    appended = client.appendToStream('fresh', numbered(0));
  });
  for await (const { event } of subscription) if (live.push(event!.streamId) === 1) break;
  await appended;
  expect(live).toEqual(['fresh']);
});
