import { Invalid } from '../errors/appError.ts';

// Times: RFC 3339 can write what PostgreSQL can't hold, and JavaScript counts further than RFC 3339 can write.

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Checks whether a moment can be written and stored: a year of four digits, and not 0000, which PostgreSQL does not know. */
export function isStorableTime(ms: number): boolean {
  return ms >= FIRST_MS && ms <= LAST_MS;
}

/**
 * Writes a moment that was computed, such as the end of a grace.
 * @throws Invalid `time-out-of-range` for what no time can be written of
 */
export function timeAt(ms: number): string {
  if (isStorableTime(ms)) return new Date(ms).toISOString();
  throw new Invalid(
    'time-out-of-range',
    'The time lies beyond the year 9999. Give a shorter duration, and check the clock of this machine.',
  );
}
