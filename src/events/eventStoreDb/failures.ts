import grpc from '@grpc/grpc-js';
import { AppError, Invalid, Refused, Unavailable } from '../../errors/appError.ts';
import { wrongExpectedRevision } from '../appendConflict.ts';
import { appendOutcomeUnknown } from '../appendOutcome.ts';
import type { ExpectedRevision } from '../eventStore.ts';
import type { Endpoint } from './connectionString.ts';
import { Unreachable } from './unreachable.ts';

const { status } = grpc;

/** The server was silent for longer than it may be. */
export class Silent extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms / 1_000} seconds`);
  }

  override get name(): string {
    return 'Silent';
  }
}

/**
 * What a failed call proves. With all but `open` it is certain that nothing was stored.
 * - `elsewhere`: another node is the leader; `not-ready`: this one is not yet what it will be; `unreached`: no node got the call.
 *   None of them has looked at the call, and soon one of them may
 * - `open`: the server may have done it, may do it shortly, or never heard of it
 */
export type Meaning =
  | 'elsewhere'
  | 'not-ready'
  | 'unreached'
  | 'denied'
  | 'conflict'
  | 'removed'
  | 'too-large'
  | 'no-such-position'
  | 'refused'
  | 'open';

interface Row {
  readonly code: grpc.status;
  /** The value of the trailer `exception`. */
  readonly exception?: RegExp;
  readonly details?: RegExp;
  readonly meaning: Meaning;
}

/** The first row that fits counts; what fits none is `open`. Each was seen on EventStoreDB 24.10. */
const MEANINGS: readonly Row[] = [
  { code: status.NOT_FOUND, exception: /^not-leader$/, meaning: 'elsewhere' },
  { code: status.UNKNOWN, details: /^No leader info available/, meaning: 'elsewhere' },
  { code: status.UNAVAILABLE, details: /Server Is Not Ready/, meaning: 'not-ready' },
  { code: status.PERMISSION_DENIED, meaning: 'denied' },
  { code: status.UNAUTHENTICATED, meaning: 'denied' },
  { code: status.FAILED_PRECONDITION, exception: /^wrong-expected-version$/, meaning: 'conflict' },
  { code: status.FAILED_PRECONDITION, exception: /^stream-deleted$/, meaning: 'removed' },
  { code: status.INVALID_ARGUMENT, exception: /^maximum-append-.*size-exceeded$/, meaning: 'too-large' },
  { code: status.INVALID_ARGUMENT, details: /invalid ?position/i, meaning: 'no-such-position' },
  { code: status.UNKNOWN, details: /invalid ?position/i, meaning: 'no-such-position' },
  { code: status.RESOURCE_EXHAUSTED, meaning: 'too-large' },
  { code: status.INVALID_ARGUMENT, meaning: 'refused' },
  { code: status.UNIMPLEMENTED, meaning: 'refused' },
  { code: status.NOT_FOUND, meaning: 'refused' },
  { code: status.FAILED_PRECONDITION, meaning: 'refused' },
];

/** Finds out what a failure proves; undefined when it is no failure of the store or the way to it, but a bug of ours. */
export function meaningOf(error: unknown): Meaning | undefined {
  if (error instanceof Unreachable) return 'unreached';
  if (error instanceof Silent) return 'open';
  if (!isServiceError(error)) return undefined;
  const exception = trailer(error, 'exception') ?? '';
  const row = MEANINGS.find(
    (each) =>
      each.code === error.code &&
      (each.exception === undefined || each.exception.test(exception)) &&
      (each.details === undefined || each.details.test(error.details)),
  );
  return row?.meaning ?? 'open';
}

/** Whether a failure shows that its connection is of no use any more: dead, frozen, or to a node that does not lead. */
export function endsConnection(error: unknown): boolean {
  const meaning = meaningOf(error);
  if (meaning === 'elsewhere' || meaning === 'not-ready' || error instanceof Silent) return true;
  if (meaning !== 'open' || !isServiceError(error) || /Too Busy/.test(error.details)) return false;
  return [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED].includes(error.code);
}

/** Whom a node that is not the leader names as the leader. */
export function leaderOf(error: unknown): Endpoint | undefined {
  if (!isServiceError(error)) return undefined;
  const host = trailer(error, 'leader-endpoint-host');
  const port = Number(trailer(error, 'leader-endpoint-port'));
  if (host === undefined || !Number.isInteger(port)) return undefined;
  return { host: host.includes(':') && !host.startsWith('[') ? `[${host}]` : host, port };
}

/** What a call was about. */
export interface CallContext {
  /** By its name in the store, or `$all`. */
  readonly stream: string;
  /** The user of the connection; undefined: none. */
  readonly user: string | undefined;
  /** The nodes, as people write them. */
  readonly nodes: string;
  /** Of an append. */
  readonly append?: { readonly stream: string; readonly expected: ExpectedRevision } | undefined;
}

/** Turns a failure into what the port promises to throw; what is not the store's fault stays what it is. */
export function appErrorOf(error: unknown, context: CallContext): unknown {
  const meaning = error instanceof AppError ? undefined : meaningOf(error);
  const { append, nodes, stream } = context;
  const options = { cause: error };
  switch (meaning) {
    case undefined:
      return error;
    case 'denied':
      return denied(error, context);
    case 'conflict':
      return append === undefined
        ? refused(error, context)
        : wrongExpectedRevision({ ...append, actual: actual(error) });
    case 'removed':
      return new Refused(
        'stream-removed',
        `Somebody has deleted the stream ${stream} in EventStoreDB for good: nothing can be stored in it any more.`,
        { data: { stream: append?.stream ?? stream }, cause: error },
      );
    case 'too-large':
      if (append === undefined) return refused(error, context);
      return new Invalid(
        'append-too-large',
        `EventStoreDB is configured to take less at once: ${limitOf(error)}.`,
        options,
      );
    case 'no-such-position':
    case 'refused':
      return refused(error, context);
    case 'unreached':
      return new Unavailable('event-store-unavailable', (error as Unreachable).message, options);
    case 'elsewhere':
    case 'not-ready':
      return new Unavailable('event-store-unavailable', `EventStoreDB (${nodes}) has no leader now.`, options);
    case 'open':
      if (append !== undefined) return appendOutcomeUnknown(error);
      return new Unavailable('event-store-unavailable', `EventStoreDB (${nodes}) failed: ${detailsOf(error)}`, options);
  }
}

function denied(error: unknown, { append, stream, user }: CallContext): Unavailable {
  const what =
    append === undefined
      ? `reading ${stream === '$all' ? stream : `the stream ${stream}`}`
      : `writing to the stream ${stream}`;
  const isStranger = isServiceError(error) && error.code === status.UNAUTHENTICATED;
  const sentence =
    user === undefined
      ? `EventStoreDB wants a user for ${what}, and EVENT_STORE_URL names none (or has tls=false, without which none is sent).`
      : isStranger
        ? `EventStoreDB does not know the user ${user} of EVENT_STORE_URL, or not with that password (${what}).`
        : `EventStoreDB refuses ${what} to the user ${user} of EVENT_STORE_URL.`;
  return new Unavailable('event-store-access-denied', sentence, {
    data: { stream, ...(user !== undefined && { user }) },
    cause: error,
  });
}

/** The server does not want the call as it is: another version, most likely. It would not want it again. */
function refused(error: unknown, { nodes }: CallContext): Unavailable {
  return new Unavailable('event-store-refused', `EventStoreDB (${nodes}) refuses a call: ${detailsOf(error)}`, {
    cause: error,
  });
}

function actual(error: unknown): ExpectedRevision {
  const text = isServiceError(error) ? trailer(error, 'actual-version') : undefined;
  return text === undefined || text.startsWith('-') ? 'no-stream' : Number(text);
}

/** The server's own sentence where it names no limit. */
function limitOf(error: unknown): string {
  if (!isServiceError(error)) return String(error);
  const perEvent = trailer(error, 'maximum-append-event-size');
  const perAppend = trailer(error, 'maximum-append-size');
  if (perEvent !== undefined) return `${perEvent} bytes an event (MaxAppendEventSize)`;
  return perAppend === undefined ? error.details : `${perAppend} bytes an append (MaxAppendSize)`;
}

function detailsOf(error: unknown): string {
  if (isServiceError(error)) return error.details;
  return error instanceof Error ? error.message : String(error);
}

function trailer(error: grpc.ServiceError, key: string): string | undefined {
  return error.metadata.get(key)[0]?.toString();
}

function isServiceError(error: unknown): error is grpc.ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}
