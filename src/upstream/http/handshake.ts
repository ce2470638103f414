import type { AppError } from '../../errors/appError.ts';
import { boundRequest, type RequestBounds, type RequestTimeouts } from '../requestBounds.ts';
import type { HttpTarget } from './target.ts';

/** A server that takes this long to introduce itself will not please anybody; calls may take longer. */
const HANDSHAKE: RequestTimeouts = { idleMs: 30_000, totalMs: 60_000 };

/**
 * The outcome of opening a conversation in one era's way. `otherEra` is the error to report if the other era's way fails
 * too; `status` is the HTTP status that came with it.
 */
export type Attempt<Opened> = Opened | { readonly otherEra: AppError; readonly status: number };

/** Starts the time-outs of a request that opens a conversation. */
export function boundHandshake(
  { server, timeouts, closed }: HttpTarget,
  signal: AbortSignal | undefined,
): RequestBounds {
  return boundRequest({
    server,
    signals: [signal, closed],
    timeouts: {
      idleMs: Math.min(timeouts.idleMs, HANDSHAKE.idleMs),
      totalMs: Math.min(timeouts.totalMs, HANDSHAKE.totalMs),
      own: [
        ...(timeouts.idleMs > HANDSHAKE.idleMs ? (['idle'] as const) : []),
        ...(timeouts.totalMs > HANDSHAKE.totalMs ? (['total'] as const) : []),
      ],
    },
  });
}
