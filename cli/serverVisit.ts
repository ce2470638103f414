import { performance } from 'node:perf_hooks';
import type { LiveServer } from '../src/live/liveServer.ts';
import { createUpstreamAgents } from '../src/upstream/http/agents.ts';
import { connectUpstream, type UpstreamClient } from '../src/upstream/client.ts';
import { VERSION } from '../src/version.ts';

/** A conversation with a server, and how long it took to get there. */
export interface Visit {
  readonly client: UpstreamClient;
  /** Until the connection stood and the era was known. */
  readonly connectMs: number;
}

/**
 * Connects to a server as the gateway would, with its time-outs, and closes when `work` has ended.
 * @param signal ends the connection attempt with its reason; the calls of `work` need it, too
 * @throws what connectUpstream and `work` throw
 */
export async function visitServer<T>(
  server: LiveServer,
  signal: AbortSignal,
  work: (visit: Visit) => Promise<T>,
): Promise<T> {
  await using agents = createUpstreamAgents();
  const began = performance.now();
  // Of the attempt only: a connection that is closed with its calls does not tell the server that they are cancelled.
  using attempt = untilDisposed(signal);
  await using client = await connectUpstream({
    server,
    dispatcher: agents.forServer(server).connections,
    clientInfo: { name: 'metamcp', version: VERSION },
    signal: attempt.signal,
  });
  attempt[Symbol.dispose]();
  return await work({ client, connectMs: Math.round(performance.now() - began) });
}

/** Follows a signal until it is disposed of. */
function untilDisposed(signal: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const abort = () => {
    controller.abort(signal.reason);
  };
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      signal.removeEventListener('abort', abort);
    },
  };
}
