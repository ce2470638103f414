import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../backoff.ts';
import { whenClosed, type LineResponse } from '../lineResponse.ts';

export interface SessionListeningOptions {
  /** Begins to listen, as a client does by GET. */
  readonly listen: () => LineResponse;
  /** Aborted when the exchange is over. */
  readonly signal: AbortSignal;
}

/**
 * Brings what a legacy server sends outside of requests, as long as the session lasts: what ends or fails is begun again. A server
 * that offers no such stream is not asked again.
 */
export async function listenInSession({ listen, signal }: SessionListeningOptions): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    const response = listen();
    await whenClosed(response);
    if (response.fault?.code === 'not-offered') return;
    failures = response.fault === undefined ? 1 : failures + 1;
    await delay(backoffMs(failures), undefined, { signal, ref: false }).catch(() => undefined);
  }
}
