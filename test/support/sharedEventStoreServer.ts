import { inject } from 'vitest';
import { realServerCommand, startEventStoreServer } from './eventStoreServer.ts';
import { startOnDemand, urlOfStarted } from './startedOnDemand.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where to ask for the real server of the run; undefined where there is none. */
    eventStoreServerUrl: string | undefined;
  }
}

/** One server in memory for a whole test run. */
export interface SharedEventStoreServer extends AsyncDisposable {
  /** Where test processes ask for the connection string. */
  readonly url: string | undefined;
}

/** Lets the tests of a run share one real server, where there is one. */
export async function shareEventStoreServer(): Promise<SharedEventStoreServer> {
  if (realServerCommand() !== undefined) return startOnDemand(() => startEventStoreServer());
  process.stderr.write('TEST_EVENT_STORE_SERVER is not set: tests of EventStoreDB run on the wire server\n');
  return { url: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/**
 * The connection string of the run's real server, or undefined where there is none. Others use it at the same time and
 * nothing is deleted in it: a test keeps to streams of its own prefix.
 */
export async function sharedEventStoreUrl(): Promise<string | undefined> {
  const url = inject('eventStoreServerUrl');
  return url === undefined ? undefined : urlOfStarted(url);
}
