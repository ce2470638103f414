import { expect, it } from 'vitest';
import { Unavailable } from '../../src/errors/appError.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { readable } from '../../src/logging/readable.ts';

/** Writes a line as a person sees it. */
function shown(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger('info', { write: (line) => void lines.push(readable(line, { isTerminal: false })) }));
  return lines.join('');
}

it('a line for people has the time, the level, the message and what belongs to it [ops-readable-log]', () => {
  const text = shown((logger) => logger.warn({ server: 'files', note: 'two words' }, 'calls fail'));
  expect(text).toMatch(/^\d\d:\d\d:\d\d WARN {2}calls fail server=files note="two words"\n$/);
});

it('what is expected to fail is told without a stack, a bug with one [ops-readable-log]', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
  const expected = shown((logger) =>
    logger.warn({ err: new Unavailable('upstream-unreachable', 'It is down.', { cause }) }),
  );
  expect(expected).toContain('It is down. (upstream-unreachable)');
  expect(expected).toContain('connect ECONNREFUSED (ECONNREFUSED)');
  expect(expected).not.toMatch(/\.test\.ts/);
  expect(shown((logger) => logger.error({ err: new TypeError('oops') }, 'a bug'))).toMatch(
    /TypeError: oops\n.*readable\.test\.ts/s,
  );
});

it('what outsiders have named moves no cursor [ops-readable-log]', () => {
  const text = shown((logger) => logger.info({ tool: '\u001b[2J\u202e\u009b1m' }, 'call'));
  for (const character of ['\u001b', '\u202e', '\u009b']) expect(text).not.toContain(character);
});

it('no key and no token leaves with a line, wherever it stands in it [ops-log-secrets]', () => {
  const key = `mcp_${'a'.repeat(22)}_${'b'.repeat(49)}`;
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
  const text = shown((logger) => logger.error({ err: new Error(`GET /?key=${key}`), [key]: token }, `with ${token}`));
  for (const secret of [key, token]) expect(text).not.toContain(secret.slice(8, 40));
});
