import { randomBytes } from 'node:crypto';
import { jsonEvent } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventStore, LogEntry } from '../../src/events/eventStore.ts';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { collect, ids, newEvents } from '../contract/eventStoreFixture.ts';
import { openClient } from '../support/eventStoreDb/testClient.ts';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from '../support/eventStoreServer.ts';

const STRANGERS = 100_000;
const BATCH = 4_000;
/** After how many of its records the server reports how far it has come. */
const CHECKPOINT_RECORDS = 1_024;

/** A store in which others write much, and we little. */
describe.skipIf(realServerCommand() === undefined)(`among ${STRANGERS} records of strangers on a real server`, () => {
  let server: EventStoreServer;
  let store: EventStore;
  const mine = newEvents(6);
  beforeAll(async () => {
    server = await startEventStoreServer();
    const streamPrefix = `t${randomBytes(6).toString('hex')}-`;
    store = openEventStoreDb({ url: server.url, streamPrefix, streams: ['contract-'], logger: createLogger('silent') });
    await using client = openClient(server.url);
    for (let written = 0; written < STRANGERS; written += BATCH) {
      const events = Array.from({ length: BATCH }, (_, n) =>
        jsonEvent({ type: 'Foreign', data: { n, text: 'x'.repeat(100) } }),
      );
      await client.appendToStream(`strangers-${written}`, events);
      // Ours lie at a third and at two thirds, none at the end.
      if (written === 8 * BATCH) await store.append('contract-a', 'no-stream', mine.slice(0, 3));
      if (written === 16 * BATCH) await store.append('contract-a', 2, mine.slice(3));
    }
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('a scan brings ours, tells every so often how far it is, and reaches the end', async () => {
    const end = await store.end();
    const entries = await Array.fromAsync(store.scan());
    expect(ids(entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : [])))).toEqual(ids(mine));
    expect(entries.at(-1)!.position).toBeGreaterThanOrEqual(end!);
    expect(entries.length).toBeGreaterThan(STRANGERS / CHECKPOINT_RECORDS / 2);
    expect(entries.every(({ position }, i) => i === 0 || position > entries[i - 1]!.position)).toBe(true);
  });

  test('a scan ends at once when it is aborted, and goes on from where it was', async () => {
    const abort = new AbortController();
    const taken: LogEntry[] = [];
    const reason = new Error('enough');
    const scanning = (async () => {
      for await (const entry of store.scan({ signal: abort.signal })) {
        taken.push(entry);
        if (taken.length === 3) abort.abort(reason);
      }
    })();
    await expect(scanning).rejects.toBe(reason);
    expect(taken.map(({ kind }) => kind)).toEqual(['passed', 'passed', 'passed']);
    const rest = await Array.fromAsync(store.scan({ after: taken.at(-1)!.position }));
    const all = await Array.fromAsync(store.scan());
    expect(rest.length).toBeLessThan(all.length);
    expect(rest.filter(({ kind }) => kind === 'event')).toEqual(all.filter(({ kind }) => kind === 'event'));
  });

  test('reading backwards finds the newest of ours, and stops there', async () => {
    const newest = await collect(store.readAll({ direction: 'backwards', limit: 2 }));
    expect(ids(newest)).toEqual(ids(mine.slice(4)).reverse());
    const older = await collect(store.readAll({ direction: 'backwards', after: newest[1]!.position, limit: 2 }));
    expect(ids(older)).toEqual(ids(mine.slice(2, 4)).reverse());
  });

  test('a subscription reports that nothing of ours was there, at most once a second, so that no reader looks again', async () => {
    const end = await store.end();
    const abort = new AbortController();
    const start = performance.now();
    let passed = 0;
    const events: string[] = [];
    for await (const entry of store.subscribe({ signal: abort.signal })) {
      if (entry.kind === 'event') events.push(entry.event.id);
      if (entry.kind === 'passed') passed += 1;
      // The server is busy with more than one checkpoint's records still to come, at most.
      if (entry.position > end! - BigInt(CHECKPOINT_RECORDS * 1_000)) break;
    }
    expect(events).toEqual(ids(mine));
    expect(passed).toBeGreaterThanOrEqual(1);
    expect(passed).toBeLessThanOrEqual((performance.now() - start) / 1_000 + 1);
  });

  test('a subscription that hears nothing reaches the very end by itself', async () => {
    const end = (await store.end())!;
    await using patient = openEventStoreDb({
      url: server.url,
      streams: ['nobody-'],
      logger: createLogger('silent'),
      pollMs: 200,
    });
    for await (const { kind, position } of patient.subscribe({ signal: new AbortController().signal })) {
      expect(kind).toBe('passed');
      if (position >= end) break;
    }
  });
});
