import { StreamNotFoundError, UnknownError, type AllStreamResolvedEvent } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { collect, numberedEvents, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let client: TestClient;
let all: AllStreamResolvedEvent[];
beforeAll(async () => {
  server = await openWireServer({ systemTraffic: true });
  client = openClient(server.url);
  for (let index = 0; index < 40; index++) await client.appendToStream(`thing-${index % 4}`, numberedEvents(3));
  all = await collect(client.readAll());
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe('a stream', () => {
  const numbers = async (options: Parameters<TestClient['readStream']>[1]): Promise<number[]> =>
    (await collect(client.readStream('thing-1', options))).map(({ event }) => Number(event!.revision));

  test('is read forwards from its start, over many pages', async () => {
    expect(await numbers({})).toEqual(Array.from({ length: 30 }, (_, index) => index));
    await client.appendToStream('long', numberedEvents(100));
    expect(await collect(client.readStream('long'))).toHaveLength(100);
  });

  test('is read from a revision, that one included', async () => {
    expect(await numbers({ fromRevision: 27n })).toEqual([27, 28, 29]);
    expect(await numbers({ fromRevision: 2n, direction: 'backwards' })).toEqual([2, 1, 0]);
  });

  test('is read backwards from its end', async () => {
    expect(await numbers({ fromRevision: 'end', direction: 'backwards', maxCount: 2 })).toEqual([29, 28]);
    expect(await numbers({ fromRevision: 99n, direction: 'backwards', maxCount: 1 })).toEqual([29]);
  });

  test('is read up to a count', async () => {
    expect(await numbers({ maxCount: 2, fromRevision: 5n })).toEqual([5, 6]);
  });

  test('has nothing to read after its end', async () => {
    expect(await numbers({ fromRevision: 30n })).toEqual([]);
  });

  test('that is not there is not found', async () => {
    await expect(collect(client.readStream('nothing'))).rejects.toBeInstanceOf(StreamNotFoundError);
    await expect(collect(client.readStream('nothing'))).rejects.toMatchObject({ streamName: 'nothing' });
  });
});

describe('all events', () => {
  const positions = (events: AllStreamResolvedEvent[]): bigint[] => events.map(({ event }) => event!.position.commit);

  test('are read in the order of their positions, with those of the system and of strangers', () => {
    const sorted = positions(all).toSorted((a, b) => Number(a - b));
    expect(positions(all)).toEqual(sorted);
    expect(all.every((resolved) => resolved.commitPosition === resolved.event!.position.commit)).toBe(true);
    const streams = new Set(all.map(({ event }) => event!.streamId));
    for (const stream of ['$stats-127.0.0.1:2113', '$$$stats-127.0.0.1:2113', 'other-1', 'thing-3']) {
      expect(streams).toContain(stream);
    }
  });

  test('are read forwards from a position, that one included', async () => {
    const read = await collect(client.readAll({ fromPosition: all[70]!.event!.position, maxCount: 3 }));
    expect(positions(read)).toEqual(positions(all.slice(70, 73)));
  });

  test('are read backwards from a position, that one not included', async () => {
    const from = all[70]!.event!.position;
    const read = await collect(client.readAll({ fromPosition: from, direction: 'backwards', maxCount: 3 }));
    expect(positions(read)).toEqual(positions(all.slice(67, 70)).toReversed());
  });

  test('are read backwards from the end, as many as there are', async () => {
    const read = await collect(client.readAll({ fromPosition: 'end', direction: 'backwards' }));
    const now = await collect(client.readAll());
    expect(positions(read)).toEqual(positions(now).toReversed());
  });

  test('have none after the end', async () => {
    expect(await collect(client.readAll({ fromPosition: 'end' }))).toEqual([]);
    const beyond = 10n ** 12n;
    expect(await collect(client.readAll({ fromPosition: { commit: beyond, prepare: beyond } }))).toEqual([]);
  });

  test('cannot be read from where no event begins', async () => {
    const { commit } = all[70]!.event!.position;
    const between = { commit: commit + 1n, prepare: commit + 1n };
    await expect(collect(client.readAll({ fromPosition: between }))).rejects.toBeInstanceOf(UnknownError);
    const reversed = { commit, prepare: commit + 1n };
    await expect(collect(client.readAll({ fromPosition: reversed }))).rejects.toBeInstanceOf(UnknownError);
  });

  test('hide what a real server hides', async () => {
    server.history.append('$epoch-information', 'any', [{ ...numberedBytes(), type: '$epoch-information' }]);
    server.history.append('$persistentsubscription-$all::group-checkpoint', 'any', [numberedBytes()]);
    const streams = (await collect(client.readAll())).map(({ event }) => event!.streamId);
    expect(streams).not.toContain('$epoch-information');
    expect(streams.filter((stream) => stream.startsWith('$persistent'))).toEqual([]);
  });
});

test('an event says when it was created, to the millisecond', async () => {
  const before = Date.now();
  await client.appendToStream('dated', numberedEvents(1));
  const [{ event }] = (await collect(client.readStream('dated'))) as [AllStreamResolvedEvent];
  expect(event!.created.getTime()).toBeGreaterThanOrEqual(before - 1);
  expect(event!.created.getTime()).toBeLessThanOrEqual(Date.now() + 1);
});

describe('a link', () => {
  beforeAll(async () => {
    const bytes = (target: string) => ({ ...numberedBytes(), type: '$>', isJson: false, data: Buffer.from(target) });
    server.history.append('links', 'no-stream', [bytes('2@thing-0'), bytes('7@nothing'), bytes('0@cut')]);
    await client.appendToStream('cut', numberedEvents(2));
    await client.setStreamMetadata('cut', { truncateBefore: 1 });
  });

  test('is read as it is stored unless its event is asked for', async () => {
    const [first] = await collect(client.readStream('links'));
    expect(first).toMatchObject({ event: { type: '$>', streamId: 'links' } });
    expect(first!.link).toBeUndefined();
  });

  test('comes with the event it points to, or without one that is gone', async () => {
    const [first, second, third] = await collect(client.readStream('links', { resolveLinkTos: true }));
    expect(first).toMatchObject({
      event: { streamId: 'thing-0', revision: 2n },
      link: { streamId: 'links', revision: 0n, type: '$>' },
    });
    expect(second!.event).toBeUndefined();
    expect(second!.link).toMatchObject({ revision: 1n });
    expect([third!.event, third!.link?.revision]).toEqual([undefined, 2n]);
  });
});

function numberedBytes() {
  const { id } = numberedEvents(1)[0]!;
  return { id, type: 'Bytes', isJson: false, data: Buffer.from([1]), metadata: Buffer.alloc(0) };
}
