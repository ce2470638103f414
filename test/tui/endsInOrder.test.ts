import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createDrawing } from '../../cli/tui/drawing/drawing.ts';
import { lineChange } from '../../cli/tui/drawing/lineChange.ts';
import { openTui } from '../../cli/tui/open.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import type { StoresOptions } from '../../src/stores/stores.ts';

const LEAVES_SCREEN = '\u001b[?1049l';

/** Opens the TUI on stores that warn and then do as they are told; what is written to either stream is in order. */
function opened(env: Readonly<Record<string, string>>, after: () => Promise<never>) {
  const written: string[] = [];
  const stdin = new PassThrough();
  const streamTo = () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    stream.on('data', (chunk: Buffer) => written.push(chunk.toString()));
    return stream;
  };
  const warned = Promise.withResolvers<undefined>();
  const ended = openTui({
    argv: [],
    env: { METAMCP_HOME: '/nowhere', ...env },
    cwd: '/',
    stdin,
    stdout: streamTo(),
    stderr: streamTo(),
    openStores: async ({ logger }: StoresOptions) => {
      logger.warn('the database is slow');
      warned.resolve(undefined);
      return await after();
    },
  });
  return { written, stdin, warned: warned.promise, ended };
}

const places = (written: readonly string[]) =>
  [LEAVES_SCREEN, 'the database is slow'].map((text) => written.findIndex((each) => each.includes(text)));

it('warnings that came while the stores were opened are told behind the screen, when one can’t be opened [tui-terminal-restored]', async () => {
  const { written, ended } = opened({}, () => Promise.reject(new Unavailable('database-unavailable', 'It is away.')));
  await expect(ended).rejects.toThrow('It is away.');
  await expect.poll(() => places(written).includes(-1)).toBe(false);
  const [left = 0, told = 0] = places(written);
  expect(told).toBeGreaterThan(left);
});

it('and when somebody leaves meanwhile [tui-terminal-restored]', async () => {
  const { written, stdin, warned, ended } = opened({}, () => new Promise<never>(() => undefined));
  await warned;
  stdin.end();
  stdin.resume();
  expect(await ended).toBe(129);
  await expect.poll(() => places(written).includes(-1)).toBe(false);
  const [left = 0, told = 0] = places(written);
  expect(told).toBeGreaterThan(left);
});

it('with a screen reader nothing is drawn, and a line tells what is waited for [tui-first-frame]', async () => {
  const reader = { INK_SCREEN_READER: 'true' };
  const { written, stdin, warned, ended } = opened(reader, () => new Promise<never>(() => undefined));
  await warned;
  await expect.poll(() => written.join('')).toContain('Opening the stores …');
  expect(written.join('')).not.toContain('\u001b[?1049h');
  stdin.end();
  stdin.resume();
  expect(await ended).toBe(129);
});

it('a fault while drawing is told to who ends the interface, and nothing is drawn after it [tui-terminal-restored]', async () => {
  let drawn = 0;
  const fault = Promise.withResolvers<unknown>();
  using drawing = createDrawing(() => {
    drawn += 1;
    throw new Error('no such line');
  }, fault.resolve);
  drawing.request();
  expect(await fault.promise).toMatchObject({ message: 'no such line' });
  drawing.request();
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(drawn).toBe(1);
});

it('a line is taken up only behind characters that have one column on every terminal [tui-budgets]', () => {
  expect(lineChange('database x', 'database y')).toEqual({ column: 9, style: '', text: 'y' });
  expect(lineChange('database … x', 'database … y')).toEqual({ column: 0, style: '', text: 'database … y' });
});
