import { describe, expect, it } from 'vitest';
import { createTimes } from '../../../cli/output/times.ts';

const NOW = Date.parse('2026-06-15T12:00:00.000Z');
const at = (text: string) => new Date(text);
const { short, long } = createTimes(true, () => NOW);

describe('times', () => {
  it.each([
    ['2026-06-15T12:00:00.400Z', 'now'],
    ['2026-06-15T11:59:55.000Z', '5 s ago'],
    ['2026-06-15T11:58:30.000Z', '90 s ago'],
    ['2026-06-15T11:57:00.000Z', '3 min ago'],
    ['2026-06-15T09:00:00.000Z', '3 h ago'],
    ['2026-06-14T00:00:00.000Z', '36 h ago'],
    ['2026-06-27T12:00:01.000Z', 'in 12 d'],
    ['2026-09-15T12:00:00.000Z', 'in 3 mo'],
    ['2016-06-15T12:00:00.000Z', '10 y ago'],
  ])('of %s are on a terminal %s [cli-times]', (time, text) => {
    expect(short(at(time))).toBe(text);
  });

  it('alone are told in the zone of this process, which is named [cli-times]', () => {
    const before = process.env['TZ'];
    const written = (zone: string, time: string) => {
      process.env['TZ'] = zone;
      return long(at(time));
    };
    expect(written('Europe/Berlin', '2026-06-15T09:00:00Z')).toBe('2026-06-15 11:00:00 +02:00 (3 h ago)');
    expect(written('Europe/Berlin', '2026-12-31T23:30:00Z')).toBe('2027-01-01 00:30:00 +01:00 (in 6 mo)');
    expect(written('America/St_Johns', '2026-06-15T09:00:00Z')).toBe('2026-06-15 06:30:00 -02:30 (3 h ago)');
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });

  it('are RFC 3339 in UTC, and one word, for who reads a pipe [cli-times]', () => {
    const piped = createTimes(false, () => NOW);
    expect(piped.short(at('2026-06-15T09:00:00.123Z'))).toBe('2026-06-15T09:00:00Z');
    expect(piped.long(at('2026-06-15T09:00:00.123Z'))).toBe('2026-06-15T09:00:00Z');
  });
});
