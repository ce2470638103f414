import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommandHandler } from '../../src/commands/handle.ts';
import { mcpServer, type McpServerCommand } from '../../src/commands/mcpServer.ts';
import { wrongExpectedRevision } from '../../src/events/appendConflict.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, mcpServerEvents } from '../../src/events/mcpServer.ts';
import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { STREAM_PREFIXES } from '../../src/events/streamName.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createStreamKnowledge } from '../../src/projections/tables/streamKnowledge.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';
import { sharedEventStoreUrl } from '../support/sharedEventStoreServer.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

const ADMINISTRATORS = 10;
const logger = createLogger('silent');
const context = { actor: 'system:test', correlationId: 'c', causationId: 'c' };
const settings = {
  transport: 'http',
  url: 'http://127.0.0.1:9/mcp',
  isolation: 'session',
  limits: DEFAULT_LIMITS,
  timeouts: DEFAULT_TIMEOUTS,
} as const;

let database: TestDatabase;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  database = opened.use(await createTestDatabase());
});
afterAll(() => opened.disposeAsync());

const handlerOn = (store: EventStore) =>
  createCommandHandler({
    store,
    knowledge: createStreamKnowledge({ db: database.db, logger }),
    clock: Date.now,
    chainKey: Buffer.alloc(32, 1),
  });

/** By kind: what opens one more process's store on the same events. */
const KINDS: Readonly<Record<string, () => Promise<() => EventStore>>> = {
  memory: () => {
    const history = new MemoryHistory();
    return Promise.resolve(() => openMemoryStore(history));
  },
  PostgreSQL: () => Promise.resolve(() => openPostgresStore({ db: database.db, logger })),
  EventStoreDB: async () => {
    const url = (await sharedEventStoreUrl()) ?? opened.use(await openWireServer()).url;
    const streamPrefix = `t${randomBytes(6).toString('hex')}-`;
    return () => openEventStoreDb({ url, streamPrefix, streams: STREAM_PREFIXES, logger });
  },
};

describe.each(Object.keys(KINDS))('on %s', (kind) => {
  it('ten administrators who change one server at once all get through [events-race-all-win]', async () => {
    const openOne = await KINDS[kind]!();
    const stores = Array.from({ length: ADMINISTRATORS }, () => opened.use(openOne()));
    const name = `contested-${kind.toLowerCase()}`;
    const run = async (store: EventStore, command: (n: number) => McpServerCommand) =>
      handlerOn(store).handle(
        mcpServer,
        mcpServerEvents,
        name,
        ({ revision }) => Promise.resolve(command(revision ?? -1)),
        context,
      );
    await run(stores[0]!, () => ({ type: 'Register', settings }));
    // Each wants something else than what it finds, so that every one of them appends.
    const handled = await Promise.all(
      stores.map((store, at) =>
        run(store, (revision) => ({ type: 'Update', settings: { ...settings, title: `${at} after ${revision}` } })),
      ),
    );
    expect(handled.map(({ revision }) => revision).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: ADMINISTRATORS }, (_, at) => at + 1),
    );
    const events = await Array.fromAsync(stores[0]!.readStream(`mcpServer-${name}`));
    // Each was made from what stood there before it.
    expect(events.slice(1).map(({ data }) => /\d+$/.exec(JSON.stringify(data['title']).slice(0, -1))?.[0])).toEqual(
      Array.from({ length: ADMINISTRATORS }, (_, at) => String(at)),
    );
  });
});

it('waits until it can see what it was refused for, and burns no try on what is older [events-race-all-win]', async () => {
  const history = new MemoryHistory();
  const store = openMemoryStore(history);
  const handler = handlerOn(store);
  await handler.handle(mcpServer, mcpServerEvents, 'lagging', { type: 'Register', settings }, context);
  await handler.handle(mcpServer, mcpServerEvents, 'lagging', { type: 'Disable' }, context);
  // As a node behaves whose writer knows more than its index: it shows the newest event to the fifth reading only.
  let reads = 0;
  let appends = 0;
  const lagging: EventStore = {
    ...store,
    async *readStream(stream, options) {
      reads += stream === 'mcpServer-lagging' ? 1 : 0;
      for await (const event of store.readStream(stream, options)) if (event.revision === 0 || reads >= 5) yield event;
    },
    async append(stream, expected, events) {
      appends += 1;
      if (expected !== 1) throw wrongExpectedRevision({ stream, expected, actual: 1 });
      return store.append(stream, expected, events);
    },
  };
  const removed = await handlerOn(lagging).handle(
    mcpServer,
    mcpServerEvents,
    'lagging',
    { type: 'Delete', reason: 'done' },
    context,
  );
  expect(removed).toMatchObject({ revision: 2, changed: true });
  expect([reads, appends]).toEqual([5, 2]);
});
