import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { sharedEventStoreUrl } from './sharedEventStoreServer.ts';

/** Where the gateways of a test keep their events. */
export type EventStoreKind = 'postgres' | 'memory' | 'eventstoredb';

declare module 'vitest' {
  interface ProvidedContext {
    /** Each project of vitest.config.ts chooses one. */
    eventStoreKind: EventStoreKind;
  }
}

/** An event store of one test's own. */
export interface EventStoreUnderTest extends AsyncDisposable {
  /** Settings for every process that shall use it. */
  readonly env: Readonly<Record<string, string>>;
  /** A store that only this process can have. */
  readonly events: EventStore | undefined;
}

/** Makes an empty event store of the project's kind; EventStoreDB is the run's real server, or else the wire server. */
export async function openEventStoreUnderTest(): Promise<EventStoreUnderTest> {
  const nothing = { env: {}, events: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  const kind = inject('eventStoreKind');
  if (kind === 'postgres') return nothing;
  if (kind === 'memory') {
    const events = openMemoryStore();
    return { ...nothing, events, [Symbol.asyncDispose]: () => events[Symbol.asyncDispose]() };
  }
  const real = await sharedEventStoreUrl();
  // A real server is shared by all tests, and nothing is deleted in it.
  const EVENT_STORE_PREFIX = `t${randomBytes(6).toString('hex')}-`;
  if (real !== undefined) return { ...nothing, env: { EVENT_STORE_URL: real, EVENT_STORE_PREFIX } };
  // gRPC is loaded by the files that need it.
  const { openWireServer } = await import('./eventStoreDb/wireServer.ts');
  const server = await openWireServer();
  return {
    env: { EVENT_STORE_URL: server.url, EVENT_STORE_PREFIX },
    events: undefined,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
