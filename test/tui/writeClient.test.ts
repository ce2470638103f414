import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clientConfigurations } from '../../cli/clients/clientConfiguration.ts';
import { placesHere } from '../../cli/clients/places.ts';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import type { Effect, Tools } from '../../cli/tui/frame/model.ts';
import { push, topScreen } from '../../cli/tui/frame/state.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { wrapTokens } from '../../cli/tui/frame/text/wrapTokens.ts';
import { createPerform } from '../../cli/tui/loop/perform.ts';
import { secretScreen } from '../../cli/tui/screens/secret/secretScreen.ts';
import { TuiByHand } from './stateWorld.ts';

const SETTINGS = '{\n  // mine\n  "theme": "dark",\n}\n';

let home: string;
let tui: TuiByHand;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'metamcp-write-'));
  const surroundings = { env: { HOME: home }, cwd: home };
  const settings = { host: '127.0.0.1', port: 12_009, tls: {}, allowedHosts: [] };
  // No store is asked.
  const tools = { settings, surroundings } as unknown as Tools;
  perform = createPerform({ ...tools, write: () => undefined, leave: () => undefined });
  tui = new TuiByHand([], { columns: 100, rows: 60 });
  const configurations = clientConfigurations('http://127.0.0.1:12009/mcp', placesHere(surroundings));
  tui.state = push(tui.state, secretScreen({ apiKey: 'mcp_secret', configurations, message: 'done' }));
});
afterEach(() => rm(home, { recursive: true }));

let perform: ReturnType<typeof createPerform>;
const body = () => bodyLines(tui.state, plain).join('\n');

/** Makes a keystroke, and carries out what it asks for. */
async function press(keystroke: string): Promise<void> {
  const work = tui.press(keystroke).find(({ effect }) => effect === 'work');
  if (work !== undefined) await done(work);
}

function done(effect: Effect): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  perform(effect, (action) => {
    tui.dispatch(action);
    if (action.type === 'ended') resolve(undefined);
  });
  return promise;
}

function showClient(title: string): void {
  for (let at = 0; !body().includes(`‹ ${title} (`); at += 1) {
    if (at > 30) throw new Error(`no ${title}`);
    tui.press('right');
  }
}

it('w shows what would change in the client’s file, and y writes it [tui-client-written]', async () => {
  const file = join(home, '.config', 'zed', 'settings.json');
  await mkdir(join(home, '.config', 'zed'), { recursive: true });
  await writeFile(file, SETTINGS, { mode: 0o600 });
  showClient('Zed');
  expect(body()).toContain(`‹ Zed (${file}) ›`);
  await press('w');
  expect(topScreen(tui.state)?.kind.name).toBe('writePlan');
  expect(body()).toContain(`What would change in ${file}`);
  expect(body()).toMatch(/\+ {3}"context_servers": \{[^]*PASTE_THE_KEY_HERE/);
  expect(body()).toContain('Zed can’t read variables');
  expect(await readFile(file, 'utf8')).toBe(SETTINGS);
  // Another pane would take the key away.
  tui.press('2');
  expect(topScreen(tui.state)?.kind.name).toBe('writePlan');

  await press('y');
  expect(tui.state.notice).toMatchObject({ tone: 'done', text: expect.stringContaining(`${file} is written.`) });
  expect(topScreen(tui.state)?.kind.name).toBe('secret');
  const written = await readFile(file, 'utf8');
  expect(written).toMatch(/^\{\n {2}\/\/ mine\n {2}"theme": "dark",\n {2}"context_servers": \{/);
  expect(written).not.toContain('mcp_secret');
  expect((await readdir(join(home, '.config', 'zed'))).length).toBe(2);

  await press('w');
  expect(tui.state.notice?.text).toBe(`${file} has it all already.`);
});

it('Esc writes nothing, and neither does a file that somebody changes meanwhile [tui-client-written]', async () => {
  const file = join(home, '.cursor', 'mcp.json');
  showClient('Cursor');
  await press('w');
  tui.press('esc');
  expect(topScreen(tui.state)?.kind.name).toBe('secret');
  expect(await readdir(home)).toEqual([]);
  await press('w');
  await mkdir(join(home, '.cursor'));
  await writeFile(file, 'theirs');
  await press('y');
  expect(tui.state.notice).toMatchObject({ tone: 'error', text: expect.stringContaining('changed meanwhile') });
  expect(await readFile(file, 'utf8')).toBe('theirs');
  // What can't be read is told as such.
  await press('w');
  expect(tui.state.notice).toMatchObject({ tone: 'error', text: expect.stringContaining('no JSON') });
  expect(topScreen(tui.state)?.kind.name).toBe('secret');
});

it('a command belongs into no file [tui-client-written]', async () => {
  expect(body()).toContain('claude mcp add');
  await press('w');
  expect(tui.state.notice).toMatchObject({ tone: 'error', text: expect.stringContaining('Y copies it') });
});

it('a snippet is broken between its words, never within one [cli-snippet-whole]', () => {
  const command = 'claude mcp add --transport http metamcp \'http://h/mcp\' --header "Authorization: Bearer ${KEY:?}"';
  expect(wrapTokens(command, 48, ' \\')).toEqual([
    'claude mcp add --transport http metamcp \\',
    "'http://h/mcp' --header \\",
    '"Authorization: Bearer ${KEY:?}"',
  ]);
  expect(wrapTokens('  "url": "http://gateway.example.com/mcp",\n}', 24)).toEqual([
    '  "url":',
    '  "http://gateway.examp…',
    '}',
  ]);
  for (const { text } of clientConfigurations('https://mcp.example.com/mcp')) {
    const lines = wrapTokens(text, 60);
    expect(lines.join('\n')).not.toContain('…');
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toBe(text.replaceAll(/\s+/g, ' '));
  }
});
