import { StreamDeletedError, StreamNotFoundError, WrongExpectedVersionError } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { History } from '../support/eventStoreDb/history.ts';
import { collect, numbered, numberedEvents, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let client: TestClient;
let nowMs = Date.now();
beforeAll(async () => {
  server = await openWireServer({ history: new History(() => nowMs) });
  client = openClient(server.url);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const revisions = async (stream: string): Promise<number[]> =>
  (await collect(client.readStream(stream))).map(({ event }) => Number(event!.revision));

describe('a stream that is deleted', () => {
  test('is not found, though its events are still among all events', async () => {
    await client.appendToStream('deleted', numberedEvents(3));
    const { position } = await client.deleteStream('deleted', { expectedRevision: 2n });
    await expect(revisions('deleted')).rejects.toBeInstanceOf(StreamNotFoundError);
    const all = await collect(client.readAll());
    expect(all.filter(({ event }) => event!.streamId === 'deleted')).toHaveLength(3);
    expect(all.at(-1)!.event).toMatchObject({ streamId: '$$deleted', type: '$metadata', position });
  });

  test('can be created anew, and goes on counting', async () => {
    await client.appendToStream('revived', numberedEvents(3));
    await client.deleteStream('revived');
    const result = await client.appendToStream('revived', numberedEvents(2), { expectedRevision: 'no_stream' });
    expect(result.nextExpectedRevision).toBe(4n);
    expect(await revisions('revived')).toEqual([3, 4]);
    const { metadata } = await client.getStreamMetadata('revived');
    expect(metadata).toEqual({ truncateBefore: 3 });
  });

  test('comes back empty when metadata is written to it', async () => {
    await client.appendToStream('described', numberedEvents(3));
    await client.deleteStream('described');
    await client.setStreamMetadata('described', { maxCount: 5 });
    expect(await revisions('described')).toEqual([]);
    expect((await client.getStreamMetadata('described')).metadata).toEqual({ maxCount: 5, truncateBefore: 3 });
  });

  test('does not count as one that exists', async () => {
    await client.appendToStream('gone', numbered(0));
    await client.deleteStream('gone');
    const refused = client.appendToStream('gone', numbered(1), { expectedRevision: 'stream_exists' });
    await expect(refused).rejects.toBeInstanceOf(StreamDeletedError);
  });

  test('has to be there, at the revision that is expected', async () => {
    await client.appendToStream('there', numberedEvents(2));
    const wrong = client.deleteStream('there', { expectedRevision: 7n });
    await expect(wrong).rejects.toBeInstanceOf(WrongExpectedVersionError);
    await expect(wrong).rejects.toMatchObject({ streamName: 'there', expectedVersion: 7n, actualVersion: 1n });
    const nothing = client.deleteStream('not-there');
    await expect(nothing).rejects.toMatchObject({ expectedVersion: -2n, actualVersion: -1n });
  });
});

test('a tombstone ends a stream for good', async () => {
  await client.appendToStream('buried', numberedEvents(2));
  await client.tombstoneStream('buried', { expectedRevision: 1n });
  await expect(revisions('buried')).rejects.toBeInstanceOf(StreamDeletedError);
  await expect(revisions('buried')).rejects.toMatchObject({ streamName: 'buried' });
  await expect(client.appendToStream('buried', numbered(0))).rejects.toBeInstanceOf(StreamDeletedError);
  const single = { credentials: { username: 'admin', password: 'changeit' } };
  await expect(client.appendToStream('buried', numbered(0), single)).rejects.toBeInstanceOf(StreamDeletedError);
  await expect(client.tombstoneStream('buried')).rejects.toBeInstanceOf(StreamDeletedError);
  await expect(client.setStreamMetadata('buried', {})).rejects.toBeInstanceOf(StreamDeletedError);
  const all = await collect(client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }));
  expect(all[0]!.event).toMatchObject({ type: '$streamDeleted', revision: 2n ** 63n - 1n });
});

describe('metadata', () => {
  test('limits what is read by count, by revision and by age', async () => {
    for (const stream of ['by-count', 'by-revision', 'by-age']) await client.appendToStream(stream, numberedEvents(50));
    await client.setStreamMetadata('by-count', { maxCount: 3 });
    await client.setStreamMetadata('by-revision', { truncateBefore: 45 });
    await client.setStreamMetadata('by-age', { maxAge: 60 });
    nowMs += 61_000;
    await client.appendToStream('by-age', numberedEvents(2));
    expect(await revisions('by-count')).toEqual([47, 48, 49]);
    expect(await revisions('by-revision')).toEqual([45, 46, 47, 48, 49]);
    expect(await revisions('by-age')).toEqual([50, 51]);
    const backwards = await collect(client.readStream('by-count', { direction: 'backwards', fromRevision: 'end' }));
    expect(backwards.map(({ event }) => event!.revision)).toEqual([49n, 48n, 47n]);
  });

  test('of a stream is its newest, and its stream shows no other', async () => {
    await client.setStreamMetadata('twice', { maxCount: 3 });
    await client.setStreamMetadata('twice', { maxCount: 4, note: 'x' });
    expect((await client.getStreamMetadata('twice')).metadata).toEqual({ maxCount: 4, note: 'x' });
    expect(await revisions('$$twice')).toEqual([1]);
    expect((await client.getStreamMetadata('never')).metadata).toBeUndefined();
  });

  test('that hides the events of a repeated append hides their position from its answer', async () => {
    const events = numberedEvents(2);
    await client.appendToStream('hidden', events, { expectedRevision: 'no_stream' });
    await client.setStreamMetadata('hidden', { truncateBefore: 9 });
    const again = await client.appendToStream('hidden', events, { expectedRevision: 'no_stream' });
    expect(again).toMatchObject({ nextExpectedRevision: 1n, position: undefined });
  });
});
