import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseDuration, parsePositiveDuration } from '../../../cli/input/duration.ts';
import { configurationFileSchema } from '../../../src/configuration/configurationFile.ts';
import { formatDuration } from '../../../src/events/duration.ts';

describe('a duration', () => {
  it.each([
    ['90d', 7_776_000_000],
    ['24h', 86_400_000],
    ['30m', 1_800_000],
    ['45s', 45_000],
    ['0s', 0],
    ['36500d', 3_153_600_000_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
  it.each(['', '90', 'd', '1.5h', '-1d', '1w', '90 d', '1h30m', '36501d', '999999999999d', '1D', '١d'])(
    '“%s” is refused with the forms that are accepted',
    (text) => {
      expect(() => parseDuration(text)).toThrow('90d, 24h, 30m or 45s');
    },
  );
  it('of nothing is refused where something must take time', () => {
    expect(() => parsePositiveDuration('0d')).toThrow('longer than nothing');
    expect(parsePositiveDuration('1s')).toBe(1_000);
  });
  it.each(['0s', '00d', '010s', '500ms', '36500d', '36501d', '1.5h', '5', '9999999999999d'])(
    '%s is in a file what it is on a command line',
    (text) => {
      const file = { version: 1, servers: { a: { url: 'https://a.example', timeouts: { idle: text } } } };
      const accepts = (parse: (text: string) => unknown) => {
        try {
          return parse(text) !== undefined;
        } catch {
          return false;
        }
      };
      expect(configurationFileSchema.safeParse(file).success).toBe(accepts(parsePositiveDuration));
    },
  );
  it('is written in the largest whole unit', () => {
    expect([86_400_000, 3_600_000, 90_000, 1_500, 0].map(formatDuration)).toEqual(['1d', '1h', '90s', '1500ms', '0s']);
  });
});

property.prop([fc.integer({ min: 0, max: 36_500 }), fc.constantFrom('s', 'm', 'h', 'd')])(
  'what is written reads as the same duration',
  (count, unit) => {
    const ms = parseDuration(`${count}${unit}`);
    expect(parseDuration(formatDuration(ms))).toBe(ms);
  },
);
