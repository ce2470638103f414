import { expect, it, vi } from 'vitest';
import { createLogger } from '../../src/logging/logger.ts';
import { createRepeatedLog } from '../../src/logging/repeatedLog.ts';

function world() {
  const lines: Record<string, unknown>[] = [];
  let now = 0;
  const logger = createLogger('info', {
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const log = createRepeatedLog({ logger, clock: () => now, message: 'calls fail', everyMs: 1_000 });
  const pass = (ms: number): void => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
  return { log, lines, pass };
}

it('what fails again and again has a line at once, and then one with the number of the times [ops-repeated-failures]', () => {
  vi.useFakeTimers();
  try {
    const { log, lines, pass } = world();
    for (let n = 1; n <= 5_000; n++) log.note('files', () => ({ server: 'files', requestId: n }));
    log.note('github', () => ({ server: 'github' }));
    expect(lines).toMatchObject([{ server: 'files', requestId: 1 }, { server: 'github' }]);
    pass(1_250);
    expect(lines.slice(2)).toMatchObject([{ server: 'files', requestId: 5_000, repeated: 4_999 }]);
    log.note('files', () => ({ server: 'files' }));
    expect(lines).toHaveLength(4);
    log[Symbol.dispose]();
    expect(lines).toHaveLength(4);
  } finally {
    vi.useRealTimers();
  }
});

it('what is counted when the gateway stops is written down [ops-repeated-failures]', () => {
  const { log, lines } = world();
  log.note('files', () => ({ server: 'files' }));
  log.note('files', () => ({ server: 'files' }));
  log[Symbol.dispose]();
  expect(lines).toMatchObject([{ server: 'files' }, { repeated: 1 }]);
});
