import { describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/errors/appError.ts';
import type { EventStore, LogEntry } from '../../src/events/eventStore.ts';
import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { listLimitedStreams } from '../../src/projections/tables/hiddenStreams.ts';
import { appendAtEnd, changeKey, keyCreated } from './history.ts';
import { runnerFixture } from './runnerFixture.ts';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

const fixture = runnerFixture({ retryDelayMs: 1 });
const { createRunner } = fixture;

describe('what the store does not show', () => {
  test('makes its key unusable as soon as the log tells, until it is shown again; a rebuild keeps that', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    let shown: 'whole' | 'hidden' | 'removed' = 'hidden';
    const limited: EventStore = {
      ...store,
      visibility: () => Promise.resolve(shown),
      async *scan(options) {
        yield* store.scan(options);
        const position = (options?.after ?? 1n) + 1n;
        yield { kind: 'visibility', position, stream: `apiKey-${A}` } satisfies LogEntry;
      },
    };
    const runner = createRunner(limited);
    await runner.pump();
    expect(await findKey(fixture.db, A)).toMatchObject({ fault: 'hidden' });
    await runner.rebuild({ acceptLoss: true });
    expect(await findKey(fixture.db, A)).toMatchObject({ fault: 'hidden' });
    shown = 'removed';
    await runner.pump();
    expect(await findKey(fixture.db, A)).toMatchObject({ fault: 'removed' });
    shown = 'whole';
    await runner.pump();
    expect(await findKey(fixture.db, A)).toMatchObject({ fault: null });
  });

  test.each([A, B])('because we may not read it (`$acl`) makes %s alone unusable', async (closed) => {
    const store = openMemoryStore();
    // Of the second, named like ours, nothing was known before.
    await changeKey(store, A, keyCreated());
    await createRunner(store).pump();
    if (closed === B)
      await appendAtEnd(store, `apiKey-${B}`, [
        { type: 'X', data: {} },
        { type: 'X', data: {} },
      ]);
    const denied = new Unavailable('event-store-access-denied', 'EventStoreDB refuses reading it.');
    const guarded: EventStore = {
      ...store,
      visibility: (stream) => (stream.endsWith(closed) ? Promise.reject(denied) : store.visibility(stream)),
      async *readStream(stream, options) {
        if (stream.endsWith(closed)) throw denied;
        yield* store.readStream(stream, options);
      },
      async *scan(options) {
        for await (const entry of store.scan(options)) {
          // Its beginning was before the first look.
          if (entry.kind !== 'event' || entry.event.stream !== `apiKey-${B}` || entry.event.revision > 0) yield entry;
        }
        const position = (options?.after ?? 1n) + 10n;
        yield { kind: 'visibility', position, stream: `apiKey-${closed}` } satisfies LogEntry;
      },
    };
    const runner = createRunner(guarded);
    await runner.pump();
    await runner.rebuild({ acceptLoss: true });
    expect(await findKey(fixture.db, A)).toMatchObject({ fault: closed === A ? 'hidden' : null });
    expect(await findKey(fixture.db, B)).toBeUndefined();
  });

  test('but will hide by a limit is looked at until it does', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    let shown: 'limited' | 'hidden' = 'limited';
    const limited: EventStore = {
      ...store,
      visibility: () => Promise.resolve(shown),
      async *scan(options) {
        yield* store.scan(options);
        if (options?.after === undefined) yield { kind: 'visibility', position: 2n, stream: `apiKey-${A}` };
      },
    };
    const stopping = new AbortController();
    const following = createRunner(limited).keepCurrent(stopping.signal);
    await expect.poll(() => listLimitedStreams(fixture.db, 9), { timeout: 60_000 }).toEqual([`apiKey-${A}`]);
    expect(await findKey(fixture.db, A)).toMatchObject({ fault: null });
    // No record tells of it: time has passed, or an event more than it may have was appended.
    shown = 'hidden';
    await expect.poll(() => findKey(fixture.db, A), { timeout: 60_000 }).toMatchObject({ fault: 'hidden' });
    stopping.abort();
    await following;
  });

  test('and lacks its beginning is a loss that a rebuild names', async () => {
    const history = new MemoryHistory();
    const store = openMemoryStore(history);
    await changeKey(store, A, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
    await changeKey(store, B, keyCreated());
    // As after a scavenge; no table knows the stream.
    history.events.splice(0, 1);
    for (const [i, event] of history.events.entries()) Object.assign(event, { position: BigInt(i + 1) });
    history.streams.get(`apiKey-${A}`)!.shift();
    const runner = createRunner(store);
    await expect(runner.rebuild({ acceptLoss: false })).rejects.toMatchObject({
      code: 'history-lost',
      data: { named: [`apiKey-${A}`] },
    });
    const { lost } = await runner.rebuild({ acceptLoss: true });
    expect(lost).toEqual({ streams: 1, named: [`apiKey-${A}`] });
    expect(await findKey(fixture.db, A)).toBeUndefined();
  });
});
