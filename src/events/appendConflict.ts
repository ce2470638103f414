import { Conflict } from '../errors/appError.ts';
import type { ExpectedRevision } from './eventStore.ts';

export interface AppendConflict {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly actual: ExpectedRevision;
}

/** The stream's last event is another one than the caller expects. */
export function wrongExpectedRevision({ stream, expected, actual }: AppendConflict): Conflict {
  return new Conflict('wrong-expected-revision', `The stream ${stream} is at ${actual}, not at ${expected}.`, {
    data: { stream, expected, actual },
  });
}

/** An id of the append belongs to an event that stands elsewhere: a retry with another expected revision, most likely. */
export function eventIdTaken({ stream, expected, actual }: AppendConflict): Conflict {
  return new Conflict('event-id-taken', `An id of the events for ${stream} belongs to an event elsewhere.`, {
    data: { stream, expected, actual },
  });
}
