import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { inject } from 'vitest';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from './eventStoreServer.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whom to ask for the real server of the run; undefined where there is none. */
    eventStoreServerUrl: string | undefined;
  }
}

/** One server in memory for a whole test run, started when the first test wants it. */
export interface SharedEventStoreServer extends AsyncDisposable {
  /** Answers the connection string to whoever asks. */
  readonly url: string | undefined;
}

/** Lets the tests of a run share one real server, where there is one. */
export async function shareEventStoreServer(): Promise<SharedEventStoreServer> {
  if (realServerCommand() === undefined) {
    process.stderr.write('TEST_EVENT_STORE_SERVER is not set: tests of EventStoreDB run on the wire server\n');
    return { url: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  let server: Promise<EventStoreServer> | undefined;
  const listener = createServer((_request, response) => {
    server ??= startEventStoreServer();
    server.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await (await server?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * The connection string of the run's real server, or undefined where there is none. Others use it at the same time and
 * nothing is deleted in it: a test keeps to streams of its own prefix.
 */
export async function sharedEventStoreUrl(): Promise<string | undefined> {
  const url = inject('eventStoreServerUrl');
  if (url === undefined) return undefined;
  const answer = await fetch(url);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}
