import { z } from 'zod';
import { Invalid } from '../errors/appError.ts';

// Times: RFC 3339 can write what PostgreSQL can't hold, and JavaScript counts further than RFC 3339 can write.

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Checks whether a moment can be written and stored: a year of four digits, and not 0000, which PostgreSQL does not know. */
export function isStorableTime(ms: number): boolean {
  return ms >= FIRST_MS && ms <= LAST_MS;
}

/** PostgreSQL rounds to microseconds, and the last of them must not become the year 10000. */
const UTC_TIME = /:\d{2}(?:\.\d{1,6})?Z$/;

/** A time in an event, as every version wrote it: RFC 3339, UTC. */
export const eventTimeSchema = z.iso
  .datetime()
  .refine((text) => UTC_TIME.test(text) && isStorableTime(Date.parse(text)), 'is a time that can’t be stored');

/** A time as it is written today: JavaScript keeps milliseconds, so that the tables give back the same moment. */
export const writtenTimeSchema = eventTimeSchema.refine(
  (text) => /:\d{2}(?:\.\d{1,3})?Z$/.test(text),
  'must be a time in UTC, to the millisecond at most',
);

/** A time with its zone, as people write it. */
export const zonedTimeSchema = z.iso
  .datetime({ offset: true, error: 'a time with its zone, as 2026-01-31T00:00:00Z' })
  .refine((text) => isStorableTime(Date.parse(text)), 'a time in the years 1 to 9999');

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
