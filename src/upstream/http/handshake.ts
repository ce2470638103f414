import type { AppError } from '../../errors/appError.ts';
import type { Endpoint } from './endpoint.ts';
import { startCall, type Call } from './call.ts';
import type { Session } from '../session.ts';

/** A server that takes this long to introduce itself will not please anybody; calls may take longer. */
const HANDSHAKE = { idleMs: 30_000, totalMs: 60_000 };

/**
 * What came of opening a conversation in one era's way. `otherEra` is the error to report if the other era's way fails
 * too; `status` is the HTTP status that came with it.
 */
export type Attempt = { readonly session: Session } | { readonly otherEra: AppError; readonly status: number };

/** Starts the life of a request that opens a conversation. */
export function startHandshake(endpoint: Endpoint): Call {
  return startCall({
    endpoint,
    signals: [endpoint.closed],
    timeouts: {
      idleMs: Math.min(endpoint.timeouts.idleMs, HANDSHAKE.idleMs),
      totalMs: Math.min(endpoint.timeouts.totalMs, HANDSHAKE.totalMs),
    },
  });
}
