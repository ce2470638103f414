import { AppError } from './errors/appError.ts';
import { fromRejection } from './postgres/rejection.ts';
import { fromSystem } from './errors/systemError.ts';

/** Finds what the database or the operating system means by a failure that nobody has turned into an AppError. */
export function foreignFault(error: unknown): AppError | undefined {
  const known = fromSystem(fromRejection(error));
  return known instanceof AppError ? known : undefined;
}
