import {
  binaryEvent,
  DeadlineExceededError,
  jsonEvent,
  MaxAppendSizeExceededError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { collect, numbered, numberedEvents, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let client: TestClient;
beforeAll(async () => {
  server = await openWireServer();
  client = openClient(server.url);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

// A call with credentials of its own goes as a call of its own; without them it shares one with all other appends.
describe.each([
  ['over the shared call', {}],
  ['over a call of its own', { credentials: { username: 'admin', password: 'changeit' } }],
])('an append %s', (way, options) => {
  let streams = 0;
  const newStream = (): string => `append-${way.length}-${streams++}`;

  test('answers the revision and the position of its last event', async () => {
    const stream = newStream();
    const result = await client.appendToStream(stream, numberedEvents(3), {
      expectedRevision: 'no_stream',
      ...options,
    });
    const events = await collect(client.readStream(stream));
    expect(result).toEqual({ success: true, nextExpectedRevision: 2n, position: events[2]!.event!.position });
    expect(events.map(({ event }) => event!.revision)).toEqual([0n, 1n, 2n]);
  });

  test('keeps type, id, data, metadata and kind of content', async () => {
    const stream = newStream();
    const json = jsonEvent({ type: 'Json', data: { text: 'ü' }, metadata: { by: 'me' } });
    const bytes = binaryEvent({ type: 'Bytes', data: Uint8Array.from([0, 255, 7]), metadata: Uint8Array.from([1, 0]) });
    await client.appendToStream(stream, [json, bytes], options);
    const [first, second] = await collect(client.readStream(stream));
    const { contentType: _, ...kept } = json;
    expect(first!.event).toMatchObject({ ...kept, isJson: true, streamId: stream });
    expect(second!.event).toMatchObject({ id: bytes.id, type: 'Bytes', isJson: false });
    expect(Buffer.from(second!.event!.data as Uint8Array)).toEqual(Buffer.from([0, 255, 7]));
    expect(Buffer.from(second!.event!.metadata as Uint8Array)).toEqual(Buffer.from([1, 0]));
  });

  test.each([
    ['no stream, and there is one', 'no_stream', 2n],
    ['a revision that is not there yet', 7n, 2n],
    ['a revision that others follow', 0n, 2n],
  ] as const)('is refused when it expects %s', async (_what, expectedRevision, actual) => {
    const stream = newStream();
    await client.appendToStream(stream, numberedEvents(3), options);
    const refused = client.appendToStream(stream, numbered(9), { expectedRevision, ...options });
    await expect(refused).rejects.toBeInstanceOf(WrongExpectedVersionError);
    await expect(refused).rejects.toMatchObject({
      streamName: stream,
      expectedVersion: expectedRevision,
      actualVersion: actual,
    });
    expect(server.history.lastRevision(stream)).toBe(2);
  });

  test('is refused when it expects a stream that is not there', async () => {
    const stream = newStream();
    for (const expectedRevision of ['stream_exists', 0n] as const) {
      const refused = client.appendToStream(stream, numbered(1), { expectedRevision, ...options });
      await expect(refused).rejects.toMatchObject({ expectedVersion: expectedRevision, actualVersion: 'no_stream' });
    }
  });

  test('may expect any revision, or just that there is a stream', async () => {
    const stream = newStream();
    const first = await client.appendToStream(stream, numbered(0), { expectedRevision: 'any', ...options });
    const second = await client.appendToStream(stream, numbered(1), { expectedRevision: 'stream_exists', ...options });
    expect([first.nextExpectedRevision, second.nextExpectedRevision]).toEqual([0n, 1n]);
  });

  test.each(['no_stream', 'any'] as const)(
    'that expected %s answers the same when repeated',
    async (expectedRevision) => {
      const stream = newStream();
      const events = numberedEvents(3);
      const original = await client.appendToStream(stream, events, { expectedRevision, ...options });
      await client.appendToStream(stream, numberedEvents(2), { expectedRevision: 2n, ...options });
      await expect(client.appendToStream(stream, events, { expectedRevision, ...options })).resolves.toEqual(original);
      expect(server.history.lastRevision(stream)).toBe(4);
    },
  );

  test('is refused when only its first events are there already', async () => {
    const stream = newStream();
    const events = numberedEvents(2);
    await client.appendToStream(stream, events, { expectedRevision: 'no_stream', ...options });
    for (const expectedRevision of ['no_stream', 'any', 'stream_exists'] as const) {
      const mixed = client.appendToStream(stream, [...events, numbered(3)], { expectedRevision, ...options });
      await expect(mixed).rejects.toBeInstanceOf(WrongExpectedVersionError);
    }
  });

  test('is not taken for a repetition elsewhere: ids are compared only where they are expected', async () => {
    const [stream, other] = [newStream(), newStream()];
    const event = numbered(0);
    await client.appendToStream(stream, event, { expectedRevision: 'no_stream', ...options });
    await client.appendToStream(stream, event, { expectedRevision: 0n, ...options });
    await client.appendToStream(other, event, { expectedRevision: 'any', ...options });
    expect([server.history.lastRevision(stream), server.history.lastRevision(other)]).toEqual([1, 0]);
  });

  test('of more than 1 MiB is refused, with its limit', async () => {
    const large = jsonEvent({ type: 'Large', data: { text: 'x'.repeat(600 * 1024) } });
    const refused = client.appendToStream(newStream(), [large, { ...large, id: numbered(0).id }], options);
    await expect(refused).rejects.toBeInstanceOf(MaxAppendSizeExceededError);
    await expect(refused).rejects.toMatchObject({ maxAppendSize: 1024 * 1024 });
  });

  test('of an event without a type is refused', async () => {
    await expect(client.appendToStream(newStream(), numbered(0, ''), options)).rejects.toBeInstanceOf(UnknownError);
  });
});

test('positions grow by the size of what is stored, not by one', async () => {
  const events = [numbered(0), jsonEvent({ type: 'Large', data: { text: 'x'.repeat(1000) } }), numbered(1)];
  await client.appendToStream('sized', events);
  const positions = (await collect(client.readStream('sized'))).map(({ event }) => event!.position!);
  expect(positions.every(({ commit, prepare }) => commit === prepare)).toBe(true);
  expect(positions[1]!.commit - positions[0]!.commit).toBeGreaterThan(50n);
  expect(positions[2]!.commit - positions[1]!.commit).toBeGreaterThan(1000n);
});

test('hundreds of appends in flight on one call are each answered with their own result', async () => {
  const results = await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      client.appendToStream(`flight-${index}`, numberedEvents((index % 5) + 1), { expectedRevision: 'no_stream' }),
    ),
  );
  expect(results.map((result) => result.nextExpectedRevision)).toEqual(results.map((_, index) => BigInt(index % 5)));
});

test('an append in many chunks is one append', async () => {
  await client.appendToStream('chunks', numberedEvents(50), { batchAppendSize: 200, expectedRevision: 'no_stream' });
  expect(server.history.lastRevision('chunks')).toBe(49);
});

test('an append whose deadline has passed is refused', async () => {
  const refused = client.appendToStream('too-late', numbered(0), { deadline: -1_000 });
  await expect(refused).rejects.toBeInstanceOf(DeadlineExceededError);
  expect(server.history.lastRevision('too-late')).toBe(-1);
});

test('a server that starts anew recognises a repeated append only by its revision', async () => {
  await using restarted = await openWireServer();
  const [first, second] = [numbered(0), numbered(1)];
  await using before = openClient(restarted.url);
  await before.appendToStream('repeated', first, { expectedRevision: 'no_stream' });
  await before.appendToStream('repeated', second, { expectedRevision: 'any' });
  await restarted.crash();
  await restarted.start();
  await using after = openClient(restarted.url);
  // Its first call may still go over a connection that has just died.
  await vi.waitFor(() => after.appendToStream('repeated', first, { expectedRevision: 'no_stream' }));
  await after.appendToStream('repeated', second, { expectedRevision: 'any' });
  const ids = (await collect(after.readStream('repeated'))).map(({ event }) => event!.id);
  expect(ids).toEqual([first.id, second.id, second.id]);
});

test('a server without the shared call gets each append as a call of its own', async () => {
  await using old = await openWireServer({ supportsBatchAppend: false });
  await using oldClient = openClient(old.url);
  await oldClient.appendToStream('old', numberedEvents(2), { expectedRevision: 'no_stream' });
  expect(old.history.lastRevision('old')).toBe(1);
});

test('the limit of an append can be set', async () => {
  await using small = await openWireServer({ maxAppendSizeBytes: 100 });
  await using smallClient = openClient(small.url);
  const refused = smallClient.appendToStream('small', numberedEvents(10));
  await expect(refused).rejects.toMatchObject({ maxAppendSize: 100 });
});
