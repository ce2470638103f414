import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Unavailable } from '../../src/errors/appError.ts';
import { createOutageLog } from '../../src/logging/outageLog.ts';

const MINUTE_MS = 60_000;

function world(level = 'info') {
  const lines: Record<string, unknown>[] = [];
  let nowMs = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const log = createOutageLog({ logger: pino({ level }, sink), clock: () => nowMs });
  return { log, lines, pass: (ms: number) => (nowMs += ms) };
}

const error = new Unavailable('event-store-unavailable', 'connection refused');

test('an outage is told once, then after 1, 2, 4 … minutes, at last every hour', () => {
  const { log, lines, pass } = world();
  const told: number[] = [];
  for (let second = 0; second <= 6 * 3_600; second += 4) {
    log.failed('the event store', error, 'calls go on');
    if (lines.length > told.length) told.push(second / 60);
    pass(4_000);
  }
  expect(told.slice(0, 7)).toEqual([0, 1, 3, 7, 15, 31, 63]);
  expect(told.slice(7)).toEqual([123, 183, 243, 303]);
  expect(lines[3]).toMatchObject({
    level: 40,
    since: '1970-01-01T00:00:00.000Z',
    code: 'event-store-unavailable',
    reason: 'connection refused',
    msg: 'the event store can’t be reached; calls go on',
  });
  expect(lines.every((line) => !('err' in line))).toBe(true);
});

test('its end is told with its length, and only after an outage', () => {
  const { log, lines, pass } = world();
  log.recovered('the event store');
  expect(lines).toEqual([]);
  log.failed('the event store', error);
  pass(90 * 1_000);
  log.recovered('the event store');
  log.recovered('the event store');
  expect(lines.map(({ msg, seconds }) => [msg, seconds])).toEqual([
    ['the event store can’t be reached', undefined],
    ['the event store can be reached again', 90],
  ]);
  log.failed('the event store', error);
  expect(lines).toHaveLength(3);
});

test('another cause of the same outage is told at once, with the time of its beginning', () => {
  const { log, lines, pass } = world();
  log.failed('the event store', error);
  pass(5_000);
  log.failed('the event store', new Unavailable('event-store-behind', 'an older backup'));
  pass(5_000);
  log.failed('the event store', new Unavailable('event-store-behind', 'an older backup'));
  expect(lines.map(({ since, code }) => [since, code])).toEqual([
    ['1970-01-01T00:00:00.000Z', 'event-store-unavailable'],
    ['1970-01-01T00:00:00.000Z', 'event-store-behind'],
  ]);
});

test('one outage does not hide another', () => {
  const { log, lines, pass } = world();
  log.failed('the event store', error);
  pass(1);
  log.failed('PostgreSQL', error);
  expect(lines.map(({ msg }) => msg)).toEqual(['the event store can’t be reached', 'PostgreSQL can’t be reached']);
});

test('stacks are for who asks for them', () => {
  const { log, lines, pass } = world('debug');
  for (let i = 0; i < 3; i += 1) {
    log.failed('the event store', error);
    pass(MINUTE_MS / 10);
  }
  expect(lines.filter(({ level }) => level === 20).map((line) => 'stack' in (line['err'] as object))).toEqual([
    true,
    true,
    true,
  ]);
  expect(lines.filter(({ level }) => level === 40)).toHaveLength(1);
});
