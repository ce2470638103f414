import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PANES } from '../../cli/tui/panes/panes.ts';
import { PANE_TITLES } from '../../cli/tui/panes/titles.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { noTerminal, openTerminal, type Terminal } from './terminal.ts';
import { openTuiWorld, type TuiWorld } from './tuiWorld.ts';

const run = promisify(execFile);

let world: TuiWorld;
let proxy: TcpProxy;
beforeAll(async () => {
  world = await openTuiWorld();
  proxy = await openTcpProxy(world.env['DATABASE_URL']!);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});
beforeEach(() => proxy.freeze());

/** The TUI, whose database does not answer yet. */
async function open(): Promise<Terminal> {
  const url = new URL(world.env['DATABASE_URL']!);
  url.host = new URL(proxy.url).host;
  const terminal = await openTerminal({ env: { ...world.env, DATABASE_URL: url.href } });
  const screen = await terminal.shows(/Opening the stores …[^]*PostgreSQL/);
  const lines = screen.split('\n');
  expect(lines[0]).toMatch(/^\[1 Keys\] 2 Servers {2}3 Activity {2}4 Audit {2}5 Usage {2}6 Roles +MetaMCP /);
  expect(lines[22]).toBe('q quit');
  expect(lines[23]).toBe('database …  events …  gateway …  tables …');
  return terminal;
}

/** Tells what is loaded with some modules of the CLI. */
async function modulesOf(...names: readonly string[]): Promise<readonly string[]> {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
    for (const name of ${JSON.stringify(names.map((name) => import.meta.resolve(`../../cli/${name}`)))}) await import(name);
    console.log(JSON.stringify(seen.filter((url) => !url.startsWith('node:'))));
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
  return JSON.parse(stdout) as string[];
}
/** A machine’s speed is another’s; this figure is the same on all. Whoever makes it smaller writes the new one here. */
const MODULES = 40;

describe('the first frame', () => {
  it('waits for no library, and for few modules of our own [tui-first-frame]', async () => {
    const modules = await modulesOf('run.ts', 'tui/open.ts');
    expect(modules.some((url) => url.endsWith('/openingScreen.ts'))).toBe(true);
    expect(modules.filter((url) => url.includes('/node_modules/'))).toEqual([]);
    expect(modules.length).toBeLessThanOrEqual(MODULES);
  });
});

describe('the first list', () => {
  it('waits for nothing that speaks with servers [tui-light]', async () => {
    const modules = await modulesOf('tui/main.ts', 'withOpenStores.ts');
    expect(modules.some((url) => url.endsWith('/cli/upstream/patientVisit.ts'))).toBe(true);
    expect(modules.filter((url) => /\/node_modules\/undici\/|\/src\/upstream\/(?:http|stdio\/pro)/.test(url))).toEqual(
      [],
    );
  });
});

describe('the tabs of the first frame', () => {
  it('are those of the panes, which are not loaded yet [tui-first-frame]', () => {
    expect(PANES.map(({ name, title }) => [name, title])).toEqual(
      PANE_TITLES.map((title) => [title.toLowerCase(), title]),
    );
  });
});

describe.skipIf(noTerminal !== undefined)(`while the stores are opened (${noTerminal ?? 'tmux'})`, () => {
  it('a whole frame tells what is waited for, and what is typed takes effect afterwards [tui-first-frame]', async () => {
    await using terminal = await open();
    await terminal.press('2', 'c');
    await terminal.type('quick');
    await terminal.resize(100, 30);
    await terminal.shows((screen) => /^database …/.test(screen.split('\n')[29] ?? ''));
    await terminal.shows(/Opening the stores … \d+ s/);
    proxy.thaw();
    const screen = await terminal.shows(/Add a server[^]*Name +‹?quick/);
    expect(screen).not.toContain('Opening the stores');
  });

  it.each([
    ['q', 0],
    ['2 q', 0],
    ['C-c', 130],
    ['c q C-c', 130],
  ])('%s leaves at once, and a sane terminal [tui-first-frame] [tui-terminal-restored]', async (keys, code) => {
    await using terminal = await open();
    await terminal.press(...keys.split(' '));
    await terminal.shows(`ended ${code}, terminal sane`);
    expect([await terminal.ask('alternate_on'), await terminal.ask('cursor_flag')]).toEqual(['0', '1']);
    expect(await terminal.screen()).not.toContain('Opening');
  });

  it('a signal leaves a sane terminal, and so does a store that can’t be opened, with its remedy [tui-first-frame] [tui-terminal-restored]', async () => {
    await using ended = await open();
    process.kill(await ended.pid(), 'SIGTERM');
    await ended.shows('ended 143, terminal sane');
    await using refused = await open();
    await proxy.stop();
    await refused.shows('ended 3, terminal sane');
    expect(await refused.screen()).toMatch(/error: .*DATABASE_URL/s);
    await proxy.start();
  });
});
