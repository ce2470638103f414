import { systemClock } from '../../src/clock.ts';

/** How moments are written: for a person how far away they are, for a program as RFC 3339 in UTC, one word without spaces. */
export interface Times {
  /** In a column: 3 h ago, or in 12 d. */
  short(time: Date): string;
  /** By itself: 2026-01-31 10:00:00 +01:00 (3 h ago). */
  long(time: Date): string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** On average, in the Gregorian calendar. */
const MONTH = 30.436_875 * DAY;

/** Each from how much of it on it is used: up to two hours are told in minutes, and up to two days in hours. */
const UNITS = [
  { unit: 'y', ms: 12 * MONTH, from: 2 },
  { unit: 'mo', ms: MONTH, from: 2 },
  { unit: 'd', ms: DAY, from: 2 },
  { unit: 'h', ms: HOUR, from: 2 },
  { unit: 'min', ms: MINUTE, from: 2 },
  { unit: 's', ms: SECOND, from: 1 },
] as const;

/** Makes what writes times. @param now ms since the epoch (Default: the clock) */
export function createTimes(isTerminal: boolean, now: () => number = systemClock): Times {
  if (!isTerminal) return { short: inUtc, long: inUtc };
  return {
    short: (time) => relative(time.getTime() - now()),
    long: (time) => `${local(time)} (${relative(time.getTime() - now())})`,
  };
}

function inUtc(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** Writes how far away a moment is. @param ms positive: it is to come */
function relative(ms: number): string {
  const distance = Math.abs(ms);
  const found = UNITS.find(({ ms: size, from }) => distance >= from * size);
  if (found === undefined) return 'now';
  const text = `${Math.floor(distance / found.ms)} ${found.unit}`;
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

/** Writes a moment in the zone of this process (TZ), which is told by its distance from UTC at that moment. */
function local(time: Date): string {
  const offset = -time.getTimezoneOffset();
  const shifted = new Date(time.getTime() + offset * MINUTE).toISOString().slice(0, 19).replace('T', ' ');
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${shifted} ${offset < 0 ? '-' : '+'}${twoDigits(hours)}:${twoDigits(minutes)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
