import {
  AccessDeniedError,
  MaxAppendSizeExceededError,
  StreamDeletedError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { AppError, Invalid, Refused, Unavailable } from '../../errors.ts';
import { appendOutcomeUnknown } from '../appendOutcome.ts';
import { wrongExpectedRevision } from '../appendConflict.ts';
import type { ExpectedRevision } from '../eventStore.ts';

/** gRPC's codes for a user that may not do this (grpc.io, status codes). */
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/**
 * Turns what the client throws into an AppError. It fails in many shapes: its own classes, bare gRPC errors, plain Errors
 * from discovery, system errors from DNS; a mistake in calling it stays what it is, a bug.
 */
export function fromClient(error: unknown): unknown {
  if (error instanceof AppError || error instanceof TypeError || error instanceof RangeError) return error;
  if (isDenied(error)) {
    return new Unavailable('event-store-access-denied', 'EventStoreDB refuses the user of EVENT_STORE_URL.', {
      cause: error,
    });
  }
  return new Unavailable('event-store-unavailable', 'EventStoreDB can’t be reached.', { cause: error });
}

/** As `fromClient`, for an append: whatever does not say for certain that nothing was appended leaves that unknown. */
export function fromAppend(error: unknown, stream: string, expected: ExpectedRevision): unknown {
  if (error instanceof WrongExpectedVersionError) {
    return wrongExpectedRevision({ stream, expected, actual: actualRevision(error.actualVersion) });
  }
  if (error instanceof StreamDeletedError) {
    return new Refused('stream-deleted', `Somebody has deleted the stream ${stream} in EventStoreDB.`, {
      data: { stream },
      cause: error,
    });
  }
  if (error instanceof MaxAppendSizeExceededError) {
    return new Invalid('append-too-large', 'EventStoreDB is configured to take smaller appends (MaxAppendSize).', {
      cause: error,
    });
  }
  const converted = fromClient(error);
  const isUnknown = converted instanceof Unavailable && converted.code === 'event-store-unavailable';
  return isUnknown ? appendOutcomeUnknown(error) : converted;
}

/** A bigint, or `no_stream`. */
function actualRevision(actual: unknown): ExpectedRevision {
  return typeof actual === 'bigint' && actual >= 0n ? Number(actual) : 'no-stream';
}

function isDenied(error: unknown): boolean {
  if (error instanceof AccessDeniedError) return true;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === PERMISSION_DENIED || code === UNAUTHENTICATED;
}
