import { jsonEvent, StreamNotFoundError, UnknownError } from '@eventstore/db-client';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { collect, numberedEvents, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let client: TestClient;
beforeEach(async () => {
  server = await openWireServer();
  client = openClient(server.url);
  await client.appendToStream('ledger', numberedEvents(5));
  await client.appendToStream('other', numberedEvents(1));
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

type Seen = [revision: number, data: unknown];
async function ledger(): Promise<Seen[]> {
  const events = await collect(client.readStream('ledger'));
  return events.map(({ event }): Seen => [Number(event!.revision), (event!.data as { number: unknown }).number]);
}

async function allPositions(): Promise<bigint[]> {
  return (await collect(client.readAll())).map(({ event }) => event!.position.commit);
}

test('an edited event keeps its place', async () => {
  const before = await allPositions();
  server.history.tamper.edit('ledger', 2, (event) => {
    event.type = 'Forged';
    event.data.number = 'a million';
    event.metadata = { forged: true };
  });
  expect(await ledger()).toEqual([
    [0, 0],
    [1, 1],
    [2, 'a million'],
    [3, 3],
    [4, 4],
  ]);
  const [, , forged] = await collect(client.readStream('ledger'));
  expect(forged!.event).toMatchObject({ type: 'Forged', metadata: { forged: true } });
  expect(await allPositions()).toEqual(before);
});

test('a removed event leaves a gap: all events are read without it, its stream not at all', async () => {
  server.history.tamper.remove('ledger', 2);
  expect(await allPositions()).toHaveLength(5);
  await expect(ledger()).rejects.toBeInstanceOf(UnknownError);
});

test('a removed event may leave no gap, when those after it move down', async () => {
  server.history.tamper.remove('ledger', 2, { renumber: true });
  expect(await ledger()).toEqual([
    [0, 0],
    [1, 1],
    [2, 3],
    [3, 4],
  ]);
});

test('two events can change places', async () => {
  server.history.tamper.swap('ledger', 1, 3);
  expect(await ledger()).toEqual([
    [0, 0],
    [1, 3],
    [2, 2],
    [3, 1],
    [4, 4],
  ]);
});

test('a truncated stream goes on from where it was cut', async () => {
  server.history.tamper.truncate('ledger', 3);
  expect(await ledger()).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  const result = await client.appendToStream('ledger', numberedEvents(1), { expectedRevision: 2n });
  expect(result.nextExpectedRevision).toBe(3n);
  server.history.tamper.truncate('ledger', 0);
  await expect(ledger()).rejects.toBeInstanceOf(StreamNotFoundError);
});

test('an event can be slipped in', async () => {
  const { id, type } = jsonEvent({ type: 'Numbered', data: {} });
  const data = Buffer.from('{"number":"slipped in"}');
  server.history.tamper.insert('ledger', 1, { id, type, isJson: true, data, metadata: Buffer.alloc(0) });
  expect((await ledger()).map(([, number]) => number)).toEqual([0, 'slipped in', 1, 2, 3, 4]);
  expect(await allPositions()).toHaveLength(7);
});

test('what is not there cannot be damaged', () => {
  expect(() => server.history.tamper.edit('ledger', 9, () => undefined)).toThrow('no event 9 in ledger');
});
