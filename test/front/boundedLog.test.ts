import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createBoundedLog } from '../../src/front/boundedLog.ts';

function opened() {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  let now = 0;
  const log = createBoundedLog({
    logger: pino({ base: null }, stream),
    clock: () => now,
    level: 'info',
    message: 'refused',
    burst: 3,
    perSecond: 1,
  });
  return { log, lines, advance: (ms: number) => (now += ms) };
}

it('writes a burst, then one line per second, and counts what it leaves out [front-refusals-logged]', () => {
  const { log, lines, advance } = opened();
  for (let n = 0; n < 10; n += 1) log.note(() => ({ n }));
  expect(lines.map(({ n }) => n)).toEqual([0, 1, 2]);
  advance(1_000);
  for (let n = 10; n < 15; n += 1) log.note(() => ({ n }));
  expect(lines.at(-1)).toMatchObject({ n: 10, suppressed: 7, msg: 'refused' });
  expect(lines).toHaveLength(4);
  log[Symbol.dispose]();
  // Nothing more came, and the number is told all the same.
  expect(lines.at(-1)).toMatchObject({ suppressed: 4 });
  expect(lines).toHaveLength(5);
});
