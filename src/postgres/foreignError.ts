import { pg } from './driver.ts';
import { AppError, Unavailable } from '../errors.ts';

/**
 * SQLSTATE classes that say "not now", whatever the statement: connection lost (08), log-in refused (28), no such
 * database (3D), out of resources (53), shutting down or terminated (57P). PostgreSQL, appendix A.
 */
const OUTAGE = /^(08|28|3D|53|57P)/;

/**
 * Turns what pg throws into an AppError where it is an outage: sockets, time-outs, the server's own shutdown.
 * A rejected statement stays a pg.DatabaseError, and a mistake in calling pg stays what it is: both are bugs.
 */
export function fromPg(error: unknown): unknown {
  if (error instanceof AppError || error instanceof TypeError || error instanceof RangeError) return error;
  if (error instanceof pg.DatabaseError && !OUTAGE.test(error.code ?? '')) return error;
  return new Unavailable('database-unavailable', 'PostgreSQL can’t be reached.', { cause: error });
}
