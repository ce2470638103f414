/**
 * The kinds of failures of calls:
 * - `client`: the client left before the answer was whole, or did not read for too long
 * - `timeout`: the server did not answer in its time
 * - `upstream`: the server can't be reached, broke off, or does not speak MCP
 * - `cut`: ended from here, because the key or the server was changed or revoked, or the gateway stopped
 * - `answer`: the server answered with an error
 * - `refused`: the gateway did not let it through: not granted, withheld, no place free, not a request that can be made
 */
export const ERROR_KINDS = ['client', 'timeout', 'upstream', 'cut', 'answer', 'refused'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** The end of a call. */
export interface CallEnd {
  /** `ok`, or the code of what ended it: CallEvent. */
  readonly outcome: string;
  /** The HTTP status that the client got; 0 when it left before. */
  readonly status: number;
  /** It was a standing stream, which its client or the gateway ends at some time. */
  readonly standing: boolean;
  /** It never reached the server. */
  readonly answeredHere?: boolean | undefined;
}

/** What ends a call that was let through. */
const CUTS: ReadonlySet<string> = new Set([
  'credential-changed',
  'gateway-stopping',
  'internal-error',
  'key-access-changed',
  'key-expired',
  'key-revoked',
  'key-uncertain',
  'server-changed',
  'server-deleted',
  'server-disabled',
  'tables-unreadable',
]);

/** Errors that the server's answer holds, or that it is. */
const ANSWERS: ReadonlySet<string> = new Set([
  'tool-error',
  'upstream-rpc-error',
  'session-not-found',
  'input-required',
]);

/**
 * Finds the kind of a call's failure; undefined when it did not fail. A JSON-RPC error counts wherever it comes. A tool's own
 * `isError` counts only where the gateway reads the result: for tools run over REST.
 */
export function errorKindOf({ outcome, status, standing, answeredHere = false }: CallEnd): ErrorKind | undefined {
  // A server need not offer event streams or the end of sessions: clients try, and go on without (MCP 2025-11-25, basic/transports).
  if (outcome === 'not-offered') return undefined;
  if (outcome === 'ok') return status >= 400 ? 'answer' : undefined;
  if (standing && (outcome === 'client-closed' || outcome === 'gateway-stopping')) return undefined;
  if (outcome === 'client-closed' || outcome === 'consumer-too-slow') return 'client';
  if (outcome === 'upstream-timeout') return 'timeout';
  if (outcome.startsWith('upstream-') && outcome !== 'upstream-rpc-error') return 'upstream';
  if (outcome === 'unsupported-result') return 'upstream';
  if (answeredHere) return 'refused';
  if (ANSWERS.has(outcome)) return 'answer';
  return CUTS.has(outcome) ? 'cut' : 'refused';
}

/** What a failed call failed with, in one word. */
export function failureCode({ outcome, status }: Pick<CallEnd, 'outcome' | 'status'>): string {
  return outcome === 'ok' ? `http-${status}` : outcome;
}
