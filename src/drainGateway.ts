import { once } from 'node:events';
import { DEFAULT_CALL_LIMITS } from './calls/callLimits.ts';
import type { Front } from './front/front.ts';

/** The parts that end in an order of their own. */
export interface DrainedParts {
  readonly front: Front;
  readonly programs: { hasten(): void };
  readonly holds: AsyncDisposable;
  readonly register: AsyncDisposable;
  readonly feed: Disposable;
}

/** Takes no more requests, and lets what is under way end within a bound. */
export async function drainGateway({ front, programs, holds, register, feed }: DrainedParts): Promise<void> {
  const { server } = front;
  const closed = server.listening ? once(server, 'close') : undefined;
  server.close();
  server.closeIdleConnections();
  programs.hasten();
  // Their conversations keep programs, which would keep the calls from draining.
  const holdsEnded = holds[Symbol.asyncDispose]();
  const feedsEnded = register[Symbol.asyncDispose]().then(() => feed[Symbol.dispose]());
  await Promise.all([holdsEnded, feedsEnded, front.drained(DEFAULT_CALL_LIMITS.drainMs)]);
  // The calls have drained: what is still open is held by clients.
  server.closeAllConnections();
  await closed;
}
