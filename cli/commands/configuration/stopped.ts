import { AppError, Conflict, Refused, Unavailable } from '../../../src/errors/appError.ts';
import { escape } from '../../escape.ts';

/** How far a change of several things got; names for people. */
export interface Progress {
  readonly done: readonly string[];
  readonly failed: string;
  readonly notDone: readonly string[];
}

/** Tells of a failure in the middle, and what was done and what was not. A bug stays one. */
export function stoppedAt(error: unknown, { done, failed, notDone }: Progress): Error {
  if (!(error instanceof AppError)) return error instanceof Error ? error : new TypeError(String(error));
  const message = [
    `Stopped at ${escape(failed)}: ${error.message}`,
    `  Done before: ${names(done)}.`,
    `  Not done: ${names(notDone)}. Running it again goes on from there.`,
  ].join('\n');
  const options = {
    data: { failed, code: error.code, done, not_done: notDone },
    cause: error.kind === 'unavailable' ? (error.cause ?? error) : error,
  };
  if (error.kind === 'unavailable') return new Unavailable('stopped', message, options);
  return error.kind === 'conflict'
    ? new Conflict('stopped', message, options)
    : new Refused('stopped', message, options);
}

function names(list: readonly string[]): string {
  return list.length === 0 ? 'nothing' : list.map(escape).join(', ');
}
