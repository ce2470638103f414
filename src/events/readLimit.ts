import { durationMs } from './duration.ts';
import { GRANT } from './grant.ts';

// How often and how much a key, or all clients of a server, may use: `requests=100/s`, `bytes=10MiB/m`, `calls=10`, `streams=5`,
// `tool:github:search_*=50/h`. It is kept as it is written.

/** What a limit counts. `calls` and `streams` are at once; the others by time. */
export type Counted = 'requests' | 'bytes' | 'calls' | 'streams' | 'tool';

export interface Limit {
  /** As it is written. */
  readonly text: string;
  readonly counts: Counted;
  /** Of `tool`: of a key a grant (`*`, `github`, `github:search_*`), of a server the tool's name or a pattern. */
  readonly tools: string | undefined;
  /** How many, or how many bytes. */
  readonly count: number;
  /** Undefined: at once. */
  readonly windowMs: number | undefined;
}

const FORM =
  /^(requests|bytes|calls|streams|tool(?::(.{1,161}))?)=(\d{1,15})([kmgt](?:i?b)?|b)?(?:\/(\d{0,6}(?:s|m|h|d)))?$/i;
const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Shorter windows are no longer than the steps in which gateways share a limit. */
const MIN_WINDOW_MS = 1_000;
const MAX_WINDOW_MS = 366 * 86_400_000;

/** Reads a limit; undefined for what is none. */
export function readLimit(text: string): Limit | undefined {
  const [, name = '', tools, digits = '', unit = '', window] = FORM.exec(text) ?? [];
  const counts = name.split(':', 1)[0] as Counted;
  const count = Number(digits) * (UNITS[unit.toLowerCase().slice(0, 1)] ?? NaN);
  const windowMs = window === undefined ? undefined : durationMs(/^\d/.test(window) ? window : `1${window}`);
  if (name !== name.toLowerCase() && tools === undefined) return undefined;
  if (!(count >= 1) || !Number.isSafeInteger(count) || (unit !== '' && counts !== 'bytes')) return undefined;
  if ((counts === 'tool') !== (tools !== undefined)) return undefined;
  if (counts === 'calls' || counts === 'streams') {
    return window === undefined ? { text, counts, tools, count, windowMs: undefined } : undefined;
  }
  if (windowMs === undefined || windowMs < MIN_WINDOW_MS || windowMs > MAX_WINDOW_MS) return undefined;
  return { text, counts, tools, count, windowMs };
}

/** So many in a time, as `100/s`. */
export interface Rate {
  readonly text: string;
  readonly count: number;
  readonly windowMs: number;
}

/** Tells whether a text is a limit that a key may have. */
export function isLimitOfKey(text: string): boolean {
  const limit = readLimit(text);
  return limit !== undefined && (limit.tools === undefined || GRANT.test(limit.tools));
}
