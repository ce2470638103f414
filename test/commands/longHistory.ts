import { createCommandHandler, type CommandHandler } from '../../src/commands/handle.ts';
import { mcpServer, type McpServerCommand } from '../../src/commands/mcpServer.ts';
import type { EventStore, ReadStreamOptions } from '../../src/events/eventStore.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, mcpServerEvents } from '../../src/events/mcpServer.ts';
import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createStreamKnowledge } from '../../src/projections/tables/streamKnowledge.ts';
import type { TestDatabase } from '../support/testDatabase.ts';

export const CHAIN_KEY = Buffer.alloc(32, 1);
export const CONTEXT = { actor: 'system:test', correlationId: 'c', causationId: 'c' };
export const SETTINGS = {
  transport: 'http',
  url: 'http://127.0.0.1:9/mcp',
  isolation: 'session',
  limits: DEFAULT_LIMITS,
  timeouts: DEFAULT_TIMEOUTS,
} as const;

/** Commands on servers, with what they read of the event store. */
export interface World {
  readonly history: MemoryHistory;
  readonly store: EventStore;
  readonly handler: CommandHandler;
  /** How many events were read since it was last asked. */
  eventsRead(): number;
  handle(name: string, command: McpServerCommand): ReturnType<CommandHandler['handle']>;
  /** The titles that a server had: registered as `first`, then updated. */
  grow(name: string, upTo: number): Promise<void>;
  titleOf(name: string): Promise<string | undefined>;
}

/** @param truncateBefore the first revision that is shown of any stream, as EventStoreDB's `$tb` has it */
export function openWorld(
  { db }: TestDatabase,
  {
    history = new MemoryHistory(),
    store = openMemoryStore(history),
    truncateBefore = 0,
  }: { history?: MemoryHistory; store?: EventStore; truncateBefore?: number } = {},
): World {
  let read = 0;
  const counting: EventStore = {
    ...store,
    async *readStream(stream: string, { from = 0, ...options }: ReadStreamOptions = {}) {
      for await (const event of store.readStream(stream, { from: Math.max(from, truncateBefore), ...options })) {
        read += 1;
        yield event;
      }
    },
  };
  const handler = createCommandHandler({
    store: counting,
    knowledge: createStreamKnowledge({ db, logger: createLogger('silent') }),
    clock: () => 1_000,
    chainKey: CHAIN_KEY,
  });
  const handle = (name: string, command: McpServerCommand) =>
    handler.handle(mcpServer, mcpServerEvents, name, command, CONTEXT);
  return {
    history,
    store,
    handler,
    eventsRead() {
      const count = read;
      read = 0;
      return count;
    },
    handle,
    async grow(name, upTo) {
      const stream = history.streams.get(`mcpServer-${name}`);
      if (stream === undefined) await handle(name, { type: 'Register', settings: { ...SETTINGS, title: 'first' } });
      for (let at = stream?.length ?? 1; at <= upTo; at += 1) {
        await handle(name, { type: 'Update', settings: { ...SETTINGS, title: `title ${at}` } });
      }
    },
    async titleOf(name) {
      const { state } = await handler.load(mcpServer, mcpServerEvents, name);
      return state.status === 'none' || state.status === 'deleted' ? undefined : state.settings.title;
    },
  };
}
