import { AppError, Refused, Unavailable } from '../../src/errors/appError.ts';
import { formatDuration } from '../../src/events/duration.ts';
import type { Era } from '../../src/mcp/eras.ts';
import type { LiveServer } from '../../src/live/liveServer.ts';
import { startFailure } from '../../src/upstream/stdio/startFailure.ts';
import type { Visit } from './serverVisit.ts';

/** Enough for a server that starts on demand; a person waits. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** A program may fetch itself first. */
const PROGRAM_TIMEOUT_MS = 60_000;

/** Beyond it Node’s timers fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Lines that a program has printed last, to explain its silence. */
const KEPT_LINES = 20;

export interface Patience {
  /** For all of it (Default: 30_000, for a program 60_000); the server’s own time-outs may end it before. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gets each line that a program prints for people. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Spoken first. (Default: the server's own) */
  readonly era?: Era | undefined;
}

/**
 * Visits a server, and gives up after a time.
 * @throws Refused with the upstream's code: its failure is the result of the visit, no store of ours is unreachable
 */
export async function visitPatiently<T>(
  server: LiveServer,
  { timeoutMs = server.program === undefined ? DEFAULT_TIMEOUT_MS : PROGRAM_TIMEOUT_MS, signal, onLine, era }: Patience,
  work: (visit: Visit, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  // When the first server is visited: what speaks with servers is a fifth of what the TUI would load before its first list.
  const { visitServer } = await import('./serverVisit.ts');
  const patience = new AbortController();
  const printed: string[] = [];
  let isOpen = false;
  // The reason goes with the signal, so that it can’t take the place of what went wrong before.
  const timer = setTimeout(
    () => patience.abort(outOfPatience(server, timeoutMs, isOpen ? undefined : printed)),
    Math.min(timeoutMs, MAX_TIMER_MS),
  );
  try {
    const either = signal === undefined ? patience.signal : AbortSignal.any([signal, patience.signal]);
    const options = {
      signal: either,
      era,
      onLine(line: string) {
        printed.push(line);
        if (printed.length > KEPT_LINES) printed.shift();
        onLine?.(line);
      },
    };
    return await visitServer(server, options, (visit) => {
      isOpen = true;
      return work(visit, either);
    });
  } catch (error) {
    if (error instanceof AppError) throw new Refused(error.code, error.message, { data: error.data, cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** @param printed by its program, which has not begun to speak MCP; undefined: it has */
function outOfPatience(
  { name, program }: LiveServer,
  timeoutMs: number,
  printed: readonly string[] | undefined,
): Unavailable {
  const message = `The server "${name}" did not answer within ${formatDuration(timeoutMs)}.`;
  const error = new Unavailable('upstream-timeout', message, { data: { server: name } });
  return program === undefined || printed === undefined ? error : startFailure(error, printed, program);
}
