import type { Timeouts } from '../../events/mcpServer.ts';
import { timedOut, tooLarge } from '../../mcp/failures.ts';
import type { Endpoint } from './endpoint.ts';

/** Node's timers can't wait longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** For small exchanges that only tidy up (cancelling, answering a ping, ending a session). */
export const SIDE_TIMEOUTS = { idleMs: 3_000, totalMs: 3_000 };

/** Bytes that several calls may receive together. */
export interface ByteBudget {
  left: number;
}

/** The life of one request: what ends it early, and its two time-outs. Disposing of it leaves no timer or listener. */
export interface Call extends Disposable {
  /** Aborted with the reason to report: the caller's, the client's end, or a time-out. */
  readonly signal: AbortSignal;
  /** Notes that bytes arrived, which restarts the idle time-out. */
  heard(bytes: number): void;
}

/** Starts the life of one request. */
export function startCall(options: {
  endpoint: Pick<Endpoint, 'server'>;
  signals: readonly (AbortSignal | undefined)[];
  timeouts: Pick<Timeouts, 'idleMs' | 'totalMs'>;
  budget?: ByteBudget | undefined;
}): Call {
  const { endpoint, timeouts, budget } = options;
  const controller = new AbortController();
  const expire = (what: 'idle' | 'total', ms: number) =>
    setTimeout(
      () => {
        controller.abort(timedOut(endpoint, what, ms));
      },
      Math.min(ms, MAX_TIMER_MS),
    );
  const idle = expire('idle', timeouts.idleMs);
  const total = expire('total', timeouts.totalMs);

  const links = options.signals.flatMap((signal) => {
    if (signal === undefined) return [];
    const abort = () => {
      controller.abort(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    return [{ signal, abort }];
  });

  return {
    signal: controller.signal,
    heard(bytes) {
      idle.refresh();
      if (budget === undefined) return;
      budget.left -= bytes;
      if (budget.left < 0) controller.abort(tooLarge(endpoint, 'its lists together'));
    },
    [Symbol.dispose]() {
      clearTimeout(idle);
      clearTimeout(total);
      for (const { signal, abort } of links) signal.removeEventListener('abort', abort);
    },
  };
}
