import { describe, expect, it } from 'vitest';
import { parseMoment } from '../../../cli/input/moment.ts';
import { isoTime } from '../../../src/clock.ts';

const NOW = Date.UTC(2026, 10, 25, 12);

describe('a moment', () => {
  it.each([
    ['now', '2026-11-25T12:00:00.000Z'],
    ['2026-11-25T11:00:00Z', '2026-11-25T11:00:00.000Z'],
    ['2026-11-25t11:00:00.5z', '2026-11-25T11:00:00.500Z'],
    ['2026-11-25 11:00Z', '2026-11-25T11:00:00.000Z'],
    ['2026-11-25T13:30:00+05:30', '2026-11-25T08:00:00.000Z'],
    ['2026-11-25T13:30:00.123456+02:00', '2026-11-25T11:30:00.123Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    [' 2h ago ', '2026-11-25T10:00:00.000Z'],
    ['30d ago', '2026-10-26T12:00:00.000Z'],
    ['-90s', '2026-11-25T11:58:30.000Z'],
  ])('is written %s', (text, expected) => {
    expect(isoTime(parseMoment(text, NOW))).toBe(expected);
  });

  it.each([
    '',
    'then',
    'ago',
    '2h',
    '2 h ago',
    '2y ago',
    '2026',
    '2026-11',
    '2026-02-30',
    '2025-02-29T00:00:00Z',
    '2026-13-01',
    '2026-11-25T11:00:00',
    '2026-11-25T25:00:00Z',
    '2026-11-25T11:00:00+0530',
    '11:00',
    '1764000000',
  ])('is not written %j', (text) => {
    expect(() => parseMoment(text, NOW)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('is never to come', () => {
    expect(() => parseMoment('2026-11-25T12:00:00.001Z', NOW)).toThrow('still to come');
  });
});
