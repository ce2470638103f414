import type { Timeouts } from '../events/mcpServer.ts';
import { timedOut, tooLarge } from '../mcp/failures.ts';

/** Node's timers can't wait longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The time-outs of a request, in milliseconds. */
export interface RequestTimeouts extends Pick<Timeouts, 'idleMs' | 'totalMs'> {
  /** Those that are the gateway's own, and no settings of the server. (Default: none) */
  readonly own?: readonly ('idle' | 'total')[];
}

/** For small exchanges that only tidy up (cancelling, answering a ping, ending a session). */
export const SIDE_TIMEOUTS: RequestTimeouts = { idleMs: 3_000, totalMs: 3_000, own: ['idle', 'total'] };

/** What need not speak while the server waits for us. */
export type Excusable = Pick<RequestBounds, 'pause' | 'resume'>;

/** Bytes that several requests may receive together. */
export interface ByteBudget {
  left: number;
}

/** What ends one request early: signals, its two time-outs, and a budget of bytes. Disposing of it leaves no timer or listener. */
export interface RequestBounds extends Disposable {
  /** Aborted with the reason to report: the caller's, the end of the Upstream, or a time-out. */
  readonly signal: AbortSignal;
  /** Notes that bytes arrived, which restarts the idle time-out. */
  received(bytes: number): void;
  /**
   * The reader is busy with a message, or the server waits for the answer to a request of its own: until each `pause` has had its
   * `resume`, the server is not blamed for its silence.
   */
  pause(): void;
  resume(): void;
  /** The request has become a stream without an end of its own: its time-outs are over. */
  stand(): void;
}

/** Starts the time-outs of one request. */
export function boundRequest(options: {
  /** Its name, for errors. */
  server: string;
  signals: readonly (AbortSignal | undefined)[];
  timeouts: RequestTimeouts;
  budget?: ByteBudget | undefined;
}): RequestBounds {
  const { server, timeouts, budget } = options;
  const controller = new AbortController();
  let pauses = 0;
  const expire = (what: 'idle' | 'total', ms: number) =>
    setTimeout(
      () => {
        if (what === 'idle' && pauses > 0) return;
        controller.abort(timedOut({ server }, what, ms, timeouts.own?.includes(what) === true ? 'gateway' : 'server'));
      },
      Math.min(ms, MAX_TIMER_MS),
    );
  const idle = expire('idle', timeouts.idleMs);
  const total = expire('total', timeouts.totalMs);
  const stopTimers = () => {
    clearTimeout(idle);
    clearTimeout(total);
  };

  const { signals } = options;
  const abort = (): void => {
    controller.abort(signals.find((signal) => signal?.aborted === true)?.reason);
  };
  for (const signal of signals) {
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort);
  }

  return {
    signal: controller.signal,
    received(bytes) {
      idle.refresh();
      if (budget === undefined) return;
      budget.left -= bytes;
      if (budget.left < 0) controller.abort(tooLarge({ server }, 'its lists together'));
    },
    pause() {
      pauses++;
    },
    resume() {
      if (--pauses === 0) idle.refresh();
    },
    stand: stopTimers,
    [Symbol.dispose]() {
      stopTimers();
      for (const signal of signals) signal?.removeEventListener('abort', abort);
    },
  };
}
