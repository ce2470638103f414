import { AppError } from '../../errors/appError.ts';
import type { Room } from '../room.ts';
import { connectionFailure } from './connectionFailure.ts';
import type { HttpResponse } from './httpResponse.ts';
import type { Reading } from './reading.ts';

/** Finds what the reading of an answer failed with: errors of the connection, which the response carries, are told from our own. */
export function readingFailure({ target, bounds }: Reading, response: HttpResponse, error: unknown): unknown {
  const isOfResponse = response.errored === error;
  if (bounds.signal.aborted && (isOfResponse || !(error instanceof AppError))) return bounds.signal.reason;
  return isOfResponse ? connectionFailure(target, error, true) : error;
}

/** Leaves an answer of which the rest is not read. */
export function leaveAnswer(response: HttpResponse, room: Room | undefined): void {
  room?.release();
  response.destroy();
}
