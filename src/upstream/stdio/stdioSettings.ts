import { backoffMs } from '../../backoff.ts';
import { DEFAULT_PACE, type PaceSettings } from '../pace.ts';
import { DEFAULT_DUPLEX_SETTINGS, type DuplexSettings } from '../duplex/duplexSettings.ts';

/** How long a program that is stopped may take to end by itself. Times in milliseconds. */
export interface StopTimes {
  /** After the end of its input it may finish what it does for so long. */
  readonly stdinGraceMs: number;
  /** After SIGTERM it may clean up for so long, before SIGKILL. */
  readonly termGraceMs: number;
}

/** How servers that are programs are run. Times in milliseconds. */
export interface StdioSettings extends DuplexSettings, StopTimes {
  /** When the gateway stops. Whoever stops it waits no longer than 10 s, as `docker stop` does. */
  readonly hastened: StopTimes;
  /** What a program has left behind is waited for so long; what is stuck in the kernel goes later. */
  readonly sweepMs: number;
  /** A program that nobody has used for so long is stopped. Undefined: it stays. */
  readonly idleStopMs: number | undefined;
  /** Messages that wait for a program to read them, in bytes. */
  readonly unreadBytes: number;
  readonly stderr: StderrSettings;
  readonly restarts: RestartSettings;
}

/** What becomes of the lines on a program's stderr. */
export interface StderrSettings {
  /** A longer line is cut. */
  readonly lineCharacters: number;
  /** Lines that are kept. */
  readonly keptLines: number;
  /** Lines that reach the log at once, and then each second; the others are counted. */
  readonly burst: number;
  readonly perSecond: number;
  /** A program that prints more is held up. */
  readonly pace: PaceSettings;
}

/** How a program that ended by itself is started again. */
export interface RestartSettings {
  /** Ends in a row after which it is given up. */
  readonly most: number;
  /** A program that has run for so long is a healthy one: earlier ends don't count any more. */
  readonly healthyMs: number;
  /** The wait before try `attempt`, of which 1 is the first. */
  readonly waitMs: (attempt: number) => number;
}

export const DEFAULT_STDIO_SETTINGS: StdioSettings = {
  ...DEFAULT_DUPLEX_SETTINGS,
  stdinGraceMs: 5_000,
  termGraceMs: 5_000,
  hastened: { stdinGraceMs: 1_500, termGraceMs: 2_500 },
  sweepMs: 5_000,
  idleStopMs: undefined,
  unreadBytes: 16 * 1024 * 1024,
  stderr: { lineCharacters: 2_000, keptLines: 500, burst: 50, perSecond: 10, pace: DEFAULT_PACE },
  restarts: { most: 5, healthyMs: 30_000, waitMs: backoffMs },
};
