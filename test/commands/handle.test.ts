import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommandHandler } from '../../src/commands/handle.ts';
import { mcpServer } from '../../src/commands/mcpServer.ts';
import { Conflict, Unavailable } from '../../src/errors/appError.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, mcpServerEvents } from '../../src/events/mcpServer.ts';
import { hashOf } from '../../src/events/hashChain.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createStreamKnowledge } from '../../src/projections/tables/streamKnowledge.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

const chainKey = Buffer.alloc(32, 1);
const context = { actor: 'system:test', correlationId: 'c', causationId: 'c' };
const settings = {
  transport: 'http',
  url: 'http://127.0.0.1:9/mcp',
  isolation: 'session',
  limits: DEFAULT_LIMITS,
  timeouts: DEFAULT_TIMEOUTS,
} as const;
const register = { type: 'Register', settings } as const;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const handlerOn = (store: EventStore, options: { racePatienceMs?: number } = {}) =>
  createCommandHandler({
    store,
    knowledge: createStreamKnowledge({ db: database.db, logger: createLogger('silent') }),
    clock: () => 1_000,
    chainKey,
    unknownPatienceMs: 300,
    ...options,
  });

async function eventsOf(store: EventStore, name: string) {
  return Array.fromAsync(store.readStream(`mcpServer-${name}`));
}

/** The real store, with something happening just before or after an append. */
function around(store: EventStore, hooks: { before?: () => Promise<void>; after?: () => Promise<void> }): EventStore {
  return {
    ...store,
    async append(...args) {
      await hooks.before?.();
      const result = await store.append(...args);
      await hooks.after?.();
      return result;
    },
    readStream: (...args) => store.readStream(...args),
    readAll: (...args) => store.readAll(...args),
    subscribe: (...args) => store.subscribe(...args),
    end: () => store.end(),
    identity: () => store.identity(),
    check: () => store.check(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

describe('handling a command', () => {
  it('appends what was decided, chained, with its context [events-attributed] [events-chained]', async () => {
    const store = openMemoryStore();
    const { handle } = handlerOn(store);
    await handle(mcpServer, mcpServerEvents, 'a', register, { ...context, traceparent: '00-x' });
    const disabled = await handle(mcpServer, mcpServerEvents, 'a', { type: 'Disable', reason: 'r' }, context);
    expect(disabled).toMatchObject({ revision: 1, state: { status: 'disabled' } });
    const events = await eventsOf(store, 'a');
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['McpServerRegistered', settings],
      ['McpServerDisabled', { reason: 'r' }],
    ]);
    expect(events[0]?.metadata).toMatchObject({
      ...context,
      traceparent: '00-x',
      schema: 1,
      at: '1970-01-01T00:00:01.000Z',
    });
    for (const event of events) expect(event.metadata['hash']).toBe(hashOf(chainKey, event));
    expect(events[1]?.metadata['prev']).toBe(events[0]?.metadata['hash']);
  });
  it('appends nothing when things are already so', async () => {
    const store = openMemoryStore();
    const { handle } = handlerOn(store);
    await handle(mcpServer, mcpServerEvents, 'a', register, context);
    const again = await handle(mcpServer, mcpServerEvents, 'a', { type: 'Enable' }, context);
    expect(again).toMatchObject({ revision: 0, position: 1n, changed: false });
    expect(await eventsOf(store, 'a')).toHaveLength(1);
  });
  it.each([
    ['data', { ...settings, url: 'http:api.example.com/mcp' }, context, 'data.url'],
    ['data', { ...settings, reason: 1 }, context, 'data'],
    ['metadata', settings, { ...context, actor: 'x'.repeat(1_001) }, 'metadata.actor'],
  ])('appends no event whose own schema refuses its %s [events-checked-where-made]', async (_part, asked, by, path) => {
    const store = openMemoryStore();
    const refused = handlerOn(store).handle(mcpServer, mcpServerEvents, 'a', { type: 'Register', settings: asked }, by);
    await expect(refused).rejects.toMatchObject({ kind: 'invalid', code: 'event-invalid', data: { path } });
    expect(await eventsOf(store, 'a')).toEqual([]);
    expect(await store.end()).toBeUndefined();
  });
  it('decides again when somebody else was faster [events-race-decided-again]', async () => {
    const store = openMemoryStore();
    await handlerOn(store).handle(mcpServer, mcpServerEvents, 'a', register, context);
    let raced = false;
    const racing = around(store, {
      before: async () => {
        if (raced) return;
        raced = true;
        await handlerOn(store).handle(mcpServer, mcpServerEvents, 'a', { type: 'Disable' }, context);
      },
    });
    const removed = await handlerOn(racing).handle(mcpServer, mcpServerEvents, 'a', { type: 'Delete' }, context);
    expect(removed.revision).toBe(2);
    const events = await eventsOf(store, 'a');
    expect(events.map(({ type }) => type)).toEqual(['McpServerRegistered', 'McpServerDisabled', 'McpServerDeleted']);
    expect(events[2]?.metadata['prev']).toBe(events[1]?.metadata['hash']);
  });
  it('gives up when it has lost races for long enough [events-race-decided-again]', async () => {
    const store = openMemoryStore();
    await handlerOn(store).handle(mcpServer, mcpServerEvents, 'a', register, context);
    let tries = 0;
    const racing = around(store, {
      before: async () => {
        tries += 1;
        const type = tries % 2 === 1 ? 'Disable' : 'Enable';
        await handlerOn(store).handle(mcpServer, mcpServerEvents, 'a', { type }, context);
      },
    });
    const lost = handlerOn(racing, { racePatienceMs: 200 }).handle(
      mcpServer,
      mcpServerEvents,
      'a',
      { type: 'Delete' },
      context,
    );
    await expect(lost).rejects.toThrow(Conflict);
    expect(tries).toBeGreaterThan(3);
  });
  it('refuses another revision than the caller has seen, before and during the append [http-412-if-match]', async () => {
    const store = openMemoryStore();
    const { handle } = handlerOn(store);
    await handle(mcpServer, mcpServerEvents, 'a', register, context);
    const stale = handle(mcpServer, mcpServerEvents, 'a', { type: 'Disable' }, context, { ifMatch: 7 });
    await expect(stale).rejects.toMatchObject({ code: 'revision-mismatch', data: { expected: 7, actual: 0 } });
    const racing = around(store, {
      before: async () => {
        await handle(mcpServer, mcpServerEvents, 'a', { type: 'Disable' }, context);
      },
    });
    const raced = handlerOn(racing).handle(mcpServer, mcpServerEvents, 'a', { type: 'Delete' }, context, {
      ifMatch: 0,
    });
    await expect(raced).rejects.toMatchObject({ code: 'revision-mismatch', data: { expected: 0, actual: 1 } });
  });
  it('sends an append of unknown outcome again, and it happens once [events-retry-once]', async () => {
    const store = openMemoryStore();
    let lostAnswers = 2;
    const flaky = around(store, {
      after: async () => {
        if (lostAnswers-- > 0) throw new Unavailable('append-outcome-unknown', 'no answer');
      },
    });
    const handled = await handlerOn(flaky).handle(mcpServer, mcpServerEvents, 'a', register, context);
    expect(handled).toMatchObject({ revision: 0, state: { status: 'enabled' } });
    expect(await eventsOf(store, 'a')).toHaveLength(1);
  });
  it('says so when the outcome stays unknown, and at once when the store is away', async () => {
    for (const [code, least, most] of [
      ['append-outcome-unknown', 2, Infinity],
      ['database-unavailable', 1, 1],
    ] as const) {
      let tries = 0;
      const away = around(openMemoryStore(), {
        before: async () => {
          tries += 1;
          throw new Unavailable(code, 'away');
        },
      });
      const lost = handlerOn(away).handle(mcpServer, mcpServerEvents, 'a', register, context);
      await expect(lost).rejects.toMatchObject({ code });
      expect(tries).toBeGreaterThanOrEqual(least);
      expect(tries).toBeLessThanOrEqual(most);
    }
  });
  it('never says that nothing was stored once a try may have stored it', async () => {
    const store = openMemoryStore();
    let first = true;
    const flaky = around(store, {
      before: async () => {
        if (!first) throw new Unavailable('database-unavailable', 'away');
      },
      after: async () => {
        first = false;
        throw new Unavailable('append-outcome-unknown', 'no answer');
      },
    });
    const lost = handlerOn(flaky).handle(mcpServer, mcpServerEvents, 'a', register, context);
    await expect(lost).rejects.toMatchObject({ code: 'append-outcome-unknown' });
    expect(await eventsOf(store, 'a')).toHaveLength(1);
  });
});
