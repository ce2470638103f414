import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import type { EventStore, RecordedEvent } from '../../src/events/eventStore.ts';
import { auditVerifyContract } from '../contract/auditVerify.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

/** A memory store whose history can be exchanged; positions may then have gaps, as those of other stores have. */
function openTamperableStore(): EventStore & { rewrite(history: readonly RecordedEvent[]): void } {
  const history = new MemoryHistory();
  const memory = openMemoryStore(history);
  /** By the position that the memory store gives an event. */
  const positions = new Map<bigint, bigint>();
  const outer = (inner: bigint): bigint => {
    const known = positions.get(inner);
    if (known !== undefined) return known;
    const next = [...positions.values()].reduce((max, position) => (position > max ? position : max), 0n) + 1n;
    positions.set(inner, next);
    return next;
  };
  async function* shown(events: AsyncIterable<RecordedEvent>): AsyncGenerator<RecordedEvent> {
    for await (const event of events) yield { ...event, position: outer(event.position) };
  }
  return {
    ...memory,
    async append(stream, expected, events) {
      const { revision, position } = await memory.append(stream, expected, events);
      for await (const event of memory.readAll()) outer(event.position);
      return { revision, position: outer(position) };
    },
    readStream: (stream, options) => shown(memory.readStream(stream, options)),
    async *readAll({ after = -1n, limit = Infinity } = {}) {
      let left = limit;
      for await (const event of shown(memory.readAll())) {
        if (event.position <= after) continue;
        if (left === 0) return;
        left -= 1;
        yield event;
      }
    },
    async *scan({ after, signal } = {}) {
      for await (const event of this.readAll({ signal, ...(after !== undefined && { after }) })) {
        yield { kind: 'event', position: event.position, event };
      }
    },
    async eventAt(position) {
      for await (const event of shown(memory.readAll())) if (event.position === position) return event;
      return undefined;
    },
    async visibility(stream) {
      for await (const { revision } of memory.readStream(stream, { limit: 1 }))
        return revision === 0 ? 'whole' : 'hidden';
      return 'absent';
    },
    async end() {
      const last = await memory.end();
      return last === undefined ? undefined : outer(last);
    },
    rewrite(events) {
      const entries = events.map((event, i) => ({
        ...event,
        data: JSON.stringify(event.data),
        metadata: JSON.stringify(event.metadata),
        position: BigInt(i + 1),
      }));
      history.events.splice(0, Infinity, ...entries);
      history.streams.clear();
      for (const [stream, of] of Map.groupBy(entries, (entry) => entry.stream)) {
        history.streams.set(
          stream,
          of.toSorted((a, b) => a.revision - b.revision),
        );
      }
      positions.clear();
      for (const [i, event] of events.entries()) positions.set(BigInt(i + 1), event.position);
    },
  };
}

auditVerifyContract('the memory store', async () => {
  const database = await createTestDatabase();
  const { rewrite, ...store } = openTamperableStore();
  return {
    store,
    db: database.db,
    rewrite: async (history) => rewrite(history),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
});
