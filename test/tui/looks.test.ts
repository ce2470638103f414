import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { screenLines } from '../../cli/tui/frame/frameLines.ts';
import type { State } from '../../cli/tui/frame/model.ts';
import { createTuiPaint } from '../../cli/tui/frame/text/style.ts';
import { openingState } from '../../cli/tui/opening/openingState.ts';
import { faultsOf, READABLE } from './looks.ts';
import { openLooksWorld, type LooksWorld } from './looksWorld.ts';
import { openOnStores } from './onStores.ts';
import { contrast, DARK, LIGHT } from './scheme.ts';
import { screenSvg } from './screenSvg.ts';
import { startState } from './stateWorld.ts';
import { terminalStream } from './terminalStream.ts';
import { openTuiWorld, type TuiWorld } from './tuiWorld.ts';

// Every screen at three sizes, by rules. To look at them, too: LOOKS=<folder> npx vitest run test/tui/looks.test.ts

type Step = readonly [
  name: string | undefined,
  keystrokes: readonly string[],
  shows: RegExp,
  meanwhile?: 'calls' | 'changes',
];

const CREATE = ['c', ...'a new key'];
const STEPS: readonly Step[] = [
  ['keys', [], /1 of 7\d[^]*never/],
  ['keys-marked', [' ', 'j', ' ', 'j', 'j', ' '], /3 marked/],
  ['bulk-inactivate', ['x'], /Inactivate 3 keys/],
  ['bulk-plan', [...'laptop lost', 'ctrl-s'], /3 to change/],
  ['bulk-delete', ['esc', 'd'], /Delete .*3 keys/],
  ['bulk-tag', ['esc', '#'], /tag/i],
  ['bulk-role', ['esc', 'R'], /role/i],
  ['keys-filter', ['esc', 'U', '/', ...'workstation 7'], /of 8 with/],
  ['keys-no-match', [...'777'], /No keys match/],
  [undefined, ['esc'], /of 7\d/],
  ['key', ['enter'], /History, the newest first[^]*Created/],
  ['key-access', ['e'], /What .* may do|Change|Grants/],
  ['key-rotate', ['esc', 'r'], /Rotate/],
  ['key-delete', ['esc', 'd'], /Delete/],
  ['key-timeline', ['esc', 't'], /As it was then|Status/],
  [undefined, ['esc', 'esc', '/', ...'clara', 'enter'], /1 of 1 with/],
  ['key-of-role', ['enter'], /laptop of clara[^]*engineering[^]*History[^]*Created/],
  [undefined, ['esc', 'esc'], /of 7\d/],
  ['create', CREATE, /Create a key[^]*a new key/],
  ['create-wrong', ['up', 'up', 'up', 'ctrl-u', ...'GitHub', 'ctrl-s'], /Create a key/],
  [
    'pick-grants',
    ['esc', ...CREATE, ...Array.from({ length: 5 }, () => 'down'), 'ctrl-g'],
    /every server, those to come too/,
  ],
  ['secret', ['esc', 'ctrl-s'], /shown this once/],
  ['secret-next-client', ['right', 'right'], /shown this once|config/],
  ['write', ['w'], /./],
  ['help', ['esc', 'esc', '?'], /Keys[^]*create a key/],
  ['help-end', ['G'], /Everywhere/],
  ['palette', ['q', ':', ...'ro'], /rotate the key/],
  ['past-form', ['esc', 'T'], /Look at the past/],
  ['past-wrong', ['ctrl-u', ...'yester', 'ctrl-s'], /Look at the past/],
  ['past-keys', ['ctrl-u', ...'1s ago', 'ctrl-s'], /Keys as of/],
  ['past-key', ['enter'], /The key as of/],
  ['past-servers', ['esc', '2'], /Servers as of/],
  ['past-roles', ['6'], /Roles as of/],
  ['past-role', ['enter'], /The role as of/],
  ['servers', ['esc', 'T', '2'], /1 of 3[^]*http/],
  ['server-testing', ['j', 'j', 't'], /ECONNREFUSED|refused|fail|✗|down/i],
  ['server-tested', ['g', 't'], /✓ answers/],
  ['server', ['enter'], /fixture[^]*http/],
  ['server-create', ['esc', 'c'], /Add a server/],
  ['server-edit', ['esc', 'e'], /fixture/],
  ['server-remove', ['esc', 'd'], /Remove|Delete/],
  ['server-log', ['esc', 'L'], /fixture/],
  ['catalogue', ['b'], /test_simple_text/],
  ['tool-form', ['enter'], /Run test_simple_text/],
  ['tool-answer', ['ctrl-s'], /simple text response/],
  [undefined, ['esc'], /Run test_simple_text/],
  [undefined, ['esc'], /What fixture offers/],
  ['activity', ['3'], /Live from the gateway[^]*a new key/],
  ['activity-calls', [], /test_simple_text[^]*✗ no_such_tool/, 'calls'],
  ['activity-paused', ['p'], /Paused/],
  ['activity-call', ['p', 'enter'], /HTTP status/],
  ['activity-changes', ['esc'], /› \S+ +key inactivated +phone of ben +by[^]*key activated/, 'changes'],
  ['audit', ['4'], /1 of [^]*key created/],
  ['audit-filter', ['/', ...'stolen'], /1 of 1/],
  ['audit-timeline', ['enter', 'enter'], /As it was then[^]*Status +inactive/],
  ['usage', ['esc', 'esc', '5'], /by key[^]*test suite/],
  ['usage-of-key', ['enter'], /by tool[^]*test_simple_text/],
  ['usage-yesterday', ['esc', 'w'], /yesterday[^]*There were none/],
  ['roles', ['w', '6'], /1 of 2[^]*support/],
  ['role', ['enter'], /engineering[^]*Who has it[^]*phone of ben/],
  ['role-create', ['esc', 'c'], /Create a role/],
  ['role-edit', ['esc', 'e'], /Change what the role/],
  ['role-delete', ['esc', 'd'], /Delete the role/],
  [undefined, ['esc', '1'], /1 of 7/],
];

const SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
] as const;

let world: LooksWorld;
let empty: TuiWorld;
beforeAll(async () => {
  [world, empty] = await Promise.all([openLooksWorld(), openTuiWorld({ SERVER_PORT: '1' })]);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await empty[Symbol.asyncDispose]();
});

const { poll } = expect;

const WAYS = [
  ['dark', {}, DARK],
  ['light', {}, LIGHT],
  ['plain', { NO_COLOR: '1' }, DARK],
] as const;

/** Keeps what is seen, for people who look at it. */
async function keep(name: string, state: State): Promise<void> {
  const folder = process.env['LOOKS'];
  if (folder === undefined) return;
  const { columns, rows } = state.size;
  await mkdir(folder, { recursive: true });
  for (const [kind, env, scheme] of WAYS) {
    const screen = screenLines(state, createTuiPaint(terminalStream(), env)).join('\n');
    await writeFile(join(folder, `${columns}x${rows}-${kind}-${name}.svg`), screenSvg(screen, columns, name, scheme));
  }
}

it.each([DARK, LIGHT])('marks of every colour stand out from the ground $ground [tui-looks]', ({ ground, colours }) => {
  // As much as a graphic needs (WCAG 2.2, 1.4.11); sentences have no colour.
  const contrasts = READABLE.map((colour) => Math.round(contrast(colours[colour] ?? ground, ground) * 10) / 10);
  expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(3);
});

describe.each(SIZES)('at %i × %i', (columns, rows) => {
  const size = { columns, rows };
  const found: string[] = [];
  const look = async (name: string, state: State): Promise<void> => {
    await keep(name, state);
    for (const fault of await faultsOf(state)) found.push(`${name} ${fault}`);
  };

  it('every screen is whole, aligned, legible and says where one is [tui-looks]', async () => {
    found.length = 0;
    const tui = openOnStores(world, size);
    using _watching = tui.watch();
    await poll(() => tui.state.health.gateway).toBe('up');
    for (const [name, keystrokes, shows, meanwhile] of STEPS) {
      if (meanwhile === 'calls') await world.callTools();
      if (meanwhile === 'changes') await world.changeKey();
      tui.press(...keystrokes);
      await poll(tui.body, { message: `${name ?? ''} after ${keystrokes.join(' ')}` }).toMatch(shows);
      await poll(() => tui.state.work).toEqual([]);
      if (name !== undefined) await look(name, tui.state);
    }
    expect(found).toEqual([]);
  });

  it('so are the first frame, panes without anything, and what has gone wrong [tui-looks]', async () => {
    found.length = 0;
    const nowMs = Date.now();
    await look('opening', openingState({ size, nowMs, sinceMs: nowMs - 3_000, waitsFor: 'the embedded PostgreSQL' }));
    const tui = openOnStores(empty, size);
    using _watching = tui.watch();
    await poll(() => tui.state.health.gateway).toBe('down');
    const panes = [/no keys yet/, /no servers yet/, /./, /./, /./, /no roles yet/];
    for (const [at, shows] of panes.entries()) {
      tui.press(String(at + 1));
      await poll(tui.body).toMatch(shows);
      await poll(tui.body).not.toMatch(/^(?:Reading|Counting)/m);
      await look(`empty-${at + 1}`, tui.state);
    }
    const down = {
      database: 'down',
      eventStore: 'down',
      gateway: 'down',
      lagMs: undefined,
      stopped: undefined,
    } as const;
    const text = `The database can’t be reached at postgresql://metamcp@database.internal.example.org:5432/metamcp: ${'it is away; '.repeat(9)}`;
    const notice = { tone: 'error', text, sinceMs: nowMs } as const;
    await look('down', { ...startState(size), health: down, notice });
    const stopped = 'api_keys stopped: the event 12345 of the stream apiKey-0001 can’t be read';
    await look('stopped', { ...startState(size), health: { ...down, database: 'up', eventStore: 'up', stopped } });
    expect(found).toEqual([]);
  });
});
