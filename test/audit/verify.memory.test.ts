import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import type { EventStore, RecordedEvent } from '../../src/events/eventStore.ts';
import type { TamperableStore } from '../contract/auditFixture.ts';
import { auditVerifyContract } from '../contract/auditVerify.ts';
import type { TamperableStores } from '../contract/auditWorld.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

/** A history, and the positions shown of it by those that the memory store gives. */
interface Shown {
  readonly history: MemoryHistory;
  readonly positions: Map<bigint, bigint>;
}

/** A memory store whose history can be exchanged; positions may then have gaps, as those of other stores have. */
function openTamperableStore({
  history,
  positions,
}: Shown): EventStore & { rewrite(events: readonly RecordedEvent[]): void } {
  const memory = openMemoryStore(history);
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

interface MemoryStore extends TamperableStore {
  readonly database: TestDatabase;
  readonly shown: Shown;
}

function open(database: TestDatabase, shown: Shown): MemoryStore {
  const { rewrite, ...store } = openTamperableStore(shown);
  return {
    store,
    db: database.db,
    database,
    shown,
    rewrite: async (events) => rewrite(events),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

function copyOf({ history, positions }: Shown): Shown {
  const copy = Object.assign(new MemoryHistory(), { identity: history.identity });
  copy.events.push(...history.events);
  for (const [stream, events] of history.streams) copy.streams.set(stream, [...events]);
  for (const id of history.ids) copy.ids.add(id);
  return { history: copy, positions: new Map(positions) };
}

const stores: TamperableStores<MemoryStore> = {
  open: async () => open(await createTestDatabase(), { history: new MemoryHistory(), positions: new Map() }),
  async keep({ store, database, shown }) {
    await store[Symbol.asyncDispose]();
    const template = await database.asTemplate();
    return {
      copy: async () => open(await createTestDatabase({ template: template.name }), copyOf(shown)),
      [Symbol.asyncDispose]: () => template[Symbol.asyncDispose](),
    };
  },
};

auditVerifyContract('the memory store', stores);
