import { misuse } from './misuse.ts';
import { durationMs } from '../../src/events/duration.ts';
import { isStorableTime } from '../../src/events/storableTime.ts';

const ACCEPTED = 'Write a time with its zone, as 2026-01-31T09:00:00Z, a day, as 2026-01-31, or how long ago: 2h ago.';

/** RFC 3339, 5.6; seconds may be left out. */
const TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const AGO = /^(?:-(\S+)|(\S+) ago)$/;

/**
 * Reads a moment of the past: a time with its zone, the beginning of a day in UTC, `2h ago` or `-2h`, or `now`.
 * @returns ms since the epoch @throws Invalid `usage`
 */
export function parseMoment(text: string, nowMs: number): number {
  const ms = read(text.trim(), nowMs);
  if (ms === undefined || !isStorableTime(ms)) throw misuse(`“${text}” is no time. ${ACCEPTED}`);
  if (ms > nowMs) throw misuse('This time is still to come.');
  return ms;
}

/** Reads a moment of any time: as `parseMoment`, or `in 30d`. @returns ms since the epoch @throws Invalid `usage` */
export function parseAnyMoment(text: string, nowMs: number): number {
  const ahead = durationMs(/^in (\S+)$/.exec(text.trim())?.[1] ?? '');
  const ms = ahead === undefined ? read(text.trim(), nowMs) : nowMs + ahead;
  if (ms === undefined || !isStorableTime(ms))
    throw misuse(`“${text}” is no time. ${ACCEPTED} Of what is to come: in 30d.`);
  return ms;
}

function read(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs;
  const ago = AGO.exec(text);
  if (ago !== null) {
    const ms = durationMs(ago[1] ?? ago[2] ?? '');
    return ms === undefined ? undefined : nowMs - ms;
  }
  if (DAY.test(text)) return strict(text, `${text}T00:00:00Z`);
  return TIME.test(text) ? strict(text.slice(0, 10), text.replace(' ', 'T').toUpperCase()) : undefined;
}

/** JavaScript reads February 30 as March 2. */
function strict(day: string, time: string): number | undefined {
  const begin = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(begin.getTime()) || begin.toISOString().slice(0, 10) !== day ? undefined : Date.parse(time);
}
