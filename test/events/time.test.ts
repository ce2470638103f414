import { expect, it } from 'vitest';
import { timeAt } from '../../src/events/storableTime.ts';
import { eventTimeSchema, zonedTimeSchema } from '../../src/events/time.ts';

const LAST = '9999-12-31T23:59:59.999Z';

it('a moment is written when a store can hold it', () => {
  for (const text of ['0001-01-01T00:00:00.000Z', '2026-01-31T09:00:00.000Z', LAST]) {
    expect(timeAt(Date.parse(text))).toBe(text);
  }
});

it.each([Date.parse(LAST) + 1, Date.parse('0001-01-01T00:00:00Z') - 1, 8.64e15 + 1, NaN, Infinity])(
  'the moment %d is refused with its remedy',
  (ms) => {
    expect(() => timeAt(ms)).toThrow(expect.objectContaining({ kind: 'invalid', code: 'time-out-of-range' }));
  },
);

it.each(['9999-12-31T23:59:59-05:00', '0001-01-01T00:00:00+05:00', '0000-12-31T00:00:00Z', '2026-02-30T00:00:00Z'])(
  'the time %s with its zone is refused',
  (text) => {
    expect(zonedTimeSchema.safeParse(text).success).toBe(false);
  },
);

it.each([
  [LAST, true],
  ['2026-01-31T09:00:00Z', true],
  ['2026-01-31T09:00:00.123456Z', true],
  ['9999-12-31T23:59:59.9999999Z', false],
  [`2026-01-31T09:00:00.${'1'.repeat(200)}Z`, false],
  ['2026-01-31T09:00:00+01:00', false],
  ['+010000-01-01T00:00:00.000Z', false],
])('an event’s time %s is read: %s', (text, read) => {
  expect(eventTimeSchema.safeParse(text).success).toBe(read);
});
