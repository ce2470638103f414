import { z } from 'zod';
import { durationMs } from './duration.ts';

// How often and how much a key, or all clients of a server, may use: `requests=100/s`, `bytes=10MiB/m`, `calls=10`, `streams=5`,
// `tool:github:search_*=50/h`. It is kept as it is written.

/** Limits and networks that one key or server may have. */
const MAX_LIMITS = 32;
const MAX_NETWORKS = 64;

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
const TOOLS_OF_KEY = /^(\*|[a-z0-9][a-z0-9-]{0,31}(:[A-Za-z0-9_.*/-]{1,128})?)$/;
const TOOLS_OF_SERVER = /^[A-Za-z0-9_.*/-]{1,128}$/;

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

export const LIMIT_OF_KEY_FORMS =
  'must be as requests=100/s, calls=10, streams=5, bytes=10MiB/m or tool:github:search_*=50/h';
export const LIMIT_OF_SERVER_FORMS = 'must be as requests=100/s, bytes=10MiB/m, streams=5 or tool:search_*=50/h';

/** So many in a time, as `100/s`. */
export interface Rate {
  readonly text: string;
  readonly count: number;
  readonly windowMs: number;
}

/** A limit of a key. */
export const keyLimitSchema = z.string().refine((text) => {
  const limit = readLimit(text);
  return limit !== undefined && (limit.tools === undefined || TOOLS_OF_KEY.test(limit.tools));
}, LIMIT_OF_KEY_FORMS);

/** A limit of a server for all of its clients together; its calls at once are `maxInFlight`. */
export const serverLimitSchema = z.string().refine((text) => {
  const limit = readLimit(text);
  if (limit === undefined || limit.counts === 'calls') return false;
  return limit.tools === undefined || TOOLS_OF_SERVER.test(limit.tools);
}, LIMIT_OF_SERVER_FORMS);

/** A network that a key may be used from: an address, or a prefix in CIDR notation (RFC 4632; RFC 4291, 2.3). */
export const networkSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be an address or a network, as 10.0.0.0/8 or 2001:db8::/32',
});

export const keyLimitsSchema = z.array(keyLimitSchema).max(MAX_LIMITS, `may be ${MAX_LIMITS} at most`);
export const serverLimitsSchema = z.array(serverLimitSchema).max(MAX_LIMITS, `may be ${MAX_LIMITS} at most`);
export const networksSchema = z.array(networkSchema).max(MAX_NETWORKS, `may be ${MAX_NETWORKS} at most`);
