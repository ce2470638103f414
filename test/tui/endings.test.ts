import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConnection } from '../../src/postgres/connection.ts';
import { sql } from '../../src/postgres/sql.ts';
import { noTerminal, openTerminal, type Terminal } from './terminal.ts';
import { ELSEWHERE, openTuiWorld, type TuiWorld } from './tuiWorld.ts';

/** SGR sequences that set a colour (ECMA-48, 8.3.117). */
// eslint-disable-next-line no-control-regex -- that is what is looked for
const COLOUR = /\u001b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]/;
/** The row under the cursor, where what follows a SGR sequence is inverse. */
// eslint-disable-next-line no-control-regex -- that is what is looked for
const INVERSE_ROW = /\u001b\[(?:\d+;)*7m(?:\u001b\[[34]9m)*› /;

const ACCESS = { scopes: ['mcp' as const], grants: ['*'], expiresAt: undefined };

let world: TuiWorld;
beforeAll(async () => {
  world = await openTuiWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function open(env: Readonly<Record<string, string>> = {}): Promise<Terminal> {
  const terminal = await openTerminal({ env: { ...world.env, ...env } });
  await terminal.shows(/\[1 Keys\][^]*tab(les)? ✓/);
  return terminal;
}

async function expectSane(terminal: Terminal, code: number): Promise<void> {
  await terminal.shows(`ended ${code}, terminal sane`);
  expect([await terminal.ask('alternate_on'), await terminal.ask('cursor_flag')]).toEqual(['0', '1']);
}

describe.skipIf(noTerminal !== undefined)(`however the TUI ends (${noTerminal ?? 'tmux'})`, () => {
  it('leaves a sane terminal and no change on Ctrl-C in a form [tui-terminal-restored] [tui-nothing-half-done]', async () => {
    await using terminal = await open();
    await terminal.press('c');
    await terminal.shows('Create a key');
    await terminal.type('never-made');
    await terminal.shows('never-made');
    await terminal.press('C-c');
    await expectSane(terminal, 130);
    expect(await terminal.screen()).not.toContain('Create a key');
    await using again = await open();
    expect(await again.screen()).not.toContain('never-made');
  });

  it('finishes a command under way on Ctrl-C, and says that nobody saw the secret [tui-nothing-half-done]', async () => {
    await using terminal = await open();
    // The command has to wait for the read tables as long as another process holds them.
    await using holder = await openConnection({ url: world.env['DATABASE_URL']!, applicationName: 'holder' });
    await holder.query(sql`begin`);
    await holder.query(sql`select projection from checkpoints for update`);
    await terminal.press('c');
    await terminal.shows('Create a key');
    await terminal.type('in-between');
    await terminal.press('C-s');
    await terminal.shows('Creating the key');
    await terminal.press('C-c');
    await terminal.shows('leaving when it is done');
    await holder.query(sql`rollback`);
    await expectSane(terminal, 130);
    const shell = (await terminal.screen()).replaceAll('\n', '');
    expect(shell).toContain('The key in-between');
    expect(shell).toContain('nobody has seen its secret');
    await using again = await open();
    await again.shows(/in-between +active/);
  });

  it('says what was under way when a second Ctrl-C leaves at once [tui-nothing-half-done]', async () => {
    await using terminal = await open();
    await using holder = await openConnection({ url: world.env['DATABASE_URL']!, applicationName: 'holder' });
    await holder.query(sql`begin`);
    await holder.query(sql`select projection from checkpoints for update`);
    await terminal.press('c');
    await terminal.shows('Create a key');
    await terminal.type('impatient');
    await terminal.press('C-s');
    await terminal.shows('Creating the key');
    await terminal.press('C-c');
    await terminal.shows('leaving when it is done');
    await terminal.press('C-c');
    await terminal.shows('whole or not at all');
    await holder.query(sql`rollback`);
    await expectSane(terminal, 130);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('leaves a sane terminal on %s [tui-terminal-restored]', async (signal, code) => {
    await using terminal = await open();
    process.kill(await terminal.pid(), signal);
    await expectSane(terminal, code);
  });

  it('leaves a sane terminal and the fault on the screen when it crashes [tui-terminal-restored]', async () => {
    const fault = 'process.on("SIGUSR2", () => { throw new Error("a fault of ours") })';
    await using terminal = await open({ NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(fault)}"` });
    process.kill(await terminal.pid(), 'SIGUSR2');
    await terminal.shows('a fault of ours');
    await expectSane(terminal, 1);
  });

  it('says what to do, in the shell, when a store can’t be reached [tui-terminal-restored]', async () => {
    await using terminal = await openTerminal({
      env: { ...world.env, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' },
    });
    await terminal.shows('error:');
    await expectSane(terminal, 3);
  });
});

describe.skipIf(noTerminal !== undefined)(`the screen (${noTerminal ?? 'tmux'})`, () => {
  // One terminal for what happens to it one after the other.
  let terminal: Terminal;
  beforeAll(async () => {
    terminal = await open();
  });
  afterAll(() => terminal[Symbol.asyncDispose]());

  it('shows what is changed elsewhere within a second [tui-live]', async () => {
    // The best of three: other tests want the processor, too.
    const took: number[] = [];
    for (const name of ['from-afar-1', 'from-afar-2', 'from-afar-3']) {
      await world.stores.keys.create({ name, ...ACCESS }, ELSEWHERE);
      const began = performance.now();
      await terminal.shows(name);
      took.push(performance.now() - began);
    }
    expect(Math.min(...took)).toBeLessThan(1_000);
  });

  it('shows what was committed while the database was away [tui-live]', async () => {
    await world.stores.db.query<{ ended: string | null }>(
      sql`select pg_terminate_backend(pid)::text as ended from pg_stat_activity where application_name = 'metamcp tui'`,
    );
    await world.stores.keys.create({ name: 'after-the-outage', ...ACCESS }, ELSEWHERE);
    await terminal.shows('after-the-outage');
  });

  it('fits the terminal when it is resized, down to 40 columns [tui-sizes]', async () => {
    const fits = (columns: number, rows: number) => (screen: string) => {
      const lines = screen.split('\n');
      return (
        lines[0]!.includes('Keys') &&
        lines.length >= rows &&
        lines[rows - 1]!.includes('✓') &&
        lines.every((line) => [...line].length <= columns)
      );
    };
    for (const [columns, rows] of [
      [40, 12],
      [132, 50],
      [80, 24],
      [40, 8],
    ] as const) {
      await terminal.resize(columns, rows);
      await terminal.shows(fits(columns, rows));
    }
    await terminal.press('c');
    await terminal.shows('› Name');
    await terminal.press('Up');
    await terminal.shows('› Networks');
    await terminal.press('Escape');
    await terminal.shows((screen) => !screen.includes('› Networks'));
  });

  it('uses no colour with NO_COLOR, and marks the row under the cursor nevertheless [tui-no-colour]', async () => {
    await using plain = await open({ NO_COLOR: '1' });
    await plain.shows(/^› /m);
    expect(await plain.painted()).toMatch(INVERSE_ROW);
    expect(await plain.painted()).not.toMatch(COLOUR);
    expect(await terminal.painted()).toMatch(COLOUR);
  });

  it('reads as lines to a screen reader [tui-screen-reader]', async () => {
    await using spoken = await openTerminal({ env: { ...world.env, INK_SCREEN_READER: 'true' } });
    await spoken.shows(/Pane keys\. There are: 1 keys, 2 servers[^]*active/);
    await spoken.press('c');
    await spoken.shows('Create a key');
    await spoken.press('Escape');
    await spoken.shows(/active/);
    await spoken.press('q');
    await expectSane(spoken, 0);
  });
});
