import { z } from 'zod';
import { isStorableTime } from './storableTime.ts';

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
