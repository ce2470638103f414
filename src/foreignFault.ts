import { AppError } from './errors/appError.ts';
import { fromRejection } from './postgres/rejection.ts';
import { fromSystem } from './errors/systemError.ts';

/** Turns an error of PostgreSQL or the operating system into an AppError; undefined when it is another error. */
export function foreignFault(error: unknown): AppError | undefined {
  const known = fromSystem(fromRejection(error));
  return known instanceof AppError ? known : undefined;
}
