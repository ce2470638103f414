import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { sql } from '../../src/postgres/sql.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { startFixtureServer, type FixtureServer } from '../support/fixtureServer.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { freePort } from '../support/freePort.ts';
import { noTerminal, openTerminal, type Terminal } from './terminal.ts';
import { ELSEWHERE, openTuiWorld, type TuiWorld } from './tuiWorld.ts';

const SECRET = /mcp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/;

const BACKEND = (url: string) => ({
  settings: {
    transport: 'http' as const,
    url,
    isolation: 'session' as const,
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  },
  secrets: { headers: {}, env: {} },
});

let env: Readonly<Record<string, string>>;
let world: TuiWorld;
let gateway: GatewayProcess;
let upstream: FixtureServer;
beforeAll(async () => {
  world = await openTuiWorld();
  upstream = await startFixtureServer();
  await world.stores.servers.register('backend', BACKEND(upstream.url), ELSEWHERE);
  // The TUI asks this one for its health and its feed.
  const port = await freePort();
  env = { ...world.env, SERVER_PORT: String(port) };
  gateway = await startGatewayProcess({ home: world.home, env });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function open(): Promise<Terminal> {
  const terminal = await openTerminal({ env, columns: 100 });
  await terminal.shows('[1 Keys]');
  return terminal;
}

/** Creates a key in the TUI and reads its secret from the screen. */
async function create(terminal: Terminal, name: string): Promise<string> {
  await terminal.press('c');
  await terminal.shows('Create a key');
  await terminal.type(name);
  await terminal.press('C-s');
  return readSecret(terminal);
}

async function readSecret(terminal: Terminal): Promise<string> {
  const secret = SECRET.exec(await terminal.shows(SECRET))![0];
  await terminal.press('Escape');
  await terminal.shows((screen) => !screen.includes(secret));
  return secret;
}

/** Runs a tool through the gateway. @returns the HTTP status */
async function callTool(apiKey: string): Promise<number> {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/backend/tools/test_simple_text/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ arguments: {} }),
  });
  await answer.text();
  return answer.status;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(250);
}

describe.skipIf(noTerminal !== undefined)(`journeys in a terminal (${noTerminal ?? 'tmux'})`, () => {
  it('adds a server that was tested before, tests it, runs its tool and shows the answer [tui-server-journey]', async () => {
    await using terminal = await open();
    await terminal.press('2');
    await terminal.shows('backend');
    await terminal.press('c');
    await terminal.shows('Add a server');
    await terminal.type('demo');
    await terminal.press('Tab', 'Tab');
    await terminal.type(upstream.url);
    await terminal.press('C-t');
    await terminal.shows('✓ It answers');
    await terminal.press('C-s');
    await terminal.shows('demo is added');
    await terminal.press('j', 't');
    await terminal.shows(/demo +enabled +✓ answers/);
    await terminal.press('b');
    await terminal.shows('test_simple_text');
    await terminal.press('Enter');
    await terminal.shows('Run test_simple_text');
    await terminal.press('Enter');
    await terminal.shows('This is a simple text response for testing.');
    await terminal.press('Escape', 'Escape', 'Escape', 'q');
    await terminal.shows('ended 0, terminal sane');
  });

  it('changes things in the name of who the user says to be, and names who and what in the trail [cli-actor] [tui-names]', async () => {
    await using terminal = await openTerminal({ env, args: ['--as', 'alice@example.org'], columns: 120 });
    await terminal.shows('[1 Keys]');
    await create(terminal, 'of-alice');
    const [row] = await world.stores.db.query<{ id: string }>(sql`select id from api_keys where name = ${'of-alice'}`);
    const id = row?.id ?? '';
    await world.stores.keys.inactivate(id, undefined, { ...ELSEWHERE, actor: `key:${id}` });
    const title = `of-alice (${id.slice(-8)})`;
    await terminal.press('4');
    const trail = await terminal.shows(
      (screen) => screen.includes('key inactivated') && screen.includes(`key:${title}`),
    );
    expect(trail.match(/\S+ \([0-9a-f]{8}\)/g)).toEqual([title, `key:${title}`, title]);
    expect(trail).toContain('cli:alice@example.org as ');
    // The name of the key finds all of its events, also those that do not have it.
    await terminal.press('/');
    await terminal.type('of-alice inactivated');
    await terminal.shows('1 of 1');
    await terminal.press('Enter', 'Enter');
    await terminal.shows(`Inactivated by key:${title}`);
  });

  it('opens a key as YAML in the editor, again while it can’t be read, and shows what would change first [tui-editor]', async () => {
    // A wrong line at first; once it is told of that, a right one.
    const script = [
      '#!/bin/sh',
      `if grep -q '^#! ' "$1"; then sed -i 's/- nothing else/- backend/' "$1"`,
      `else sed -i 's/- "[*]"/- nothing else/' "$1"; fi`,
    ].join('\n');
    const editor = join(world.home, 'editor.sh');
    await writeFile(editor, `${script}\n`, { mode: 0o700 });
    await using terminal = await openTerminal({ env: { ...env, VISUAL: editor }, columns: 100 });
    await terminal.shows('[1 Keys]');
    const { id } = await world.stores.keys.create(
      { name: 'edited', scopes: ['mcp'], grants: ['*'], expiresAt: undefined },
      ELSEWHERE,
    );
    await terminal.shows('edited');
    await terminal.press('g', 'E');
    await terminal.shows(/What would change of the key edited[^]*grants: \* → backend/);
    expect((await findKey(world.stores.db, id))?.grants).toEqual(['*']);
    await terminal.press('y');
    await terminal.shows('The key edited is changed.');
    expect((await findKey(world.stores.db, id))?.grants).toEqual(['backend']);

    // What it has by roles stays, also where it has nothing of its own.
    await world.stores.roles.create('editors', { scopes: ['mcp'], grants: ['backend'] }, ELSEWHERE);
    const roles = await world.stores.roles.find(['editors']);
    const held = await world.stores.keys.create({ name: 'by-role', scopes: [], grants: [], roles }, ELSEWHERE);
    await writeFile(editor, '#!/bin/sh\nsed -i "s/active: true/active: false/" "$1"\n', { mode: 0o700 });
    await terminal.shows('by-role');
    await terminal.press('g', 'E');
    const plan = await terminal.shows(/What would change of the key by-role[^]*active: (?:yes|true) → (?:no|false)/);
    expect(plan).not.toMatch(/roles|scopes|grants/);
    await terminal.press('y');
    await terminal.shows('The key by-role is changed.');
    expect(await findKey(world.stores.db, held.id)).toMatchObject({ status: 'inactive', roles: [{ name: 'editors' }] });
    await terminal.press('q');
    await terminal.shows('ended 0, terminal sane');
  });

  it('takes what is typed while it starts, and no trace of it is in the picture [tui-opens]', async () => {
    await using terminal = await openTerminal({ env, columns: 100 });
    // It has no meaning in a list; a terminal that echoes shows it somewhere.
    const end = Date.now() + 60_000;
    for (let screen = ''; !screen.includes('1 Keys'); screen = await terminal.screen()) {
      if (Date.now() > end) throw new Error(`the TUI does not come while somebody types:\n${screen}`);
      await terminal.type('zz');
    }
    await terminal.type('2');
    const screen = await terminal.shows('[2 Servers]');
    expect(screen.split('\n')[0]).toMatch(/^ 1 Keys \[2 Servers\] 3 Activity {2}4 Audit {2}5 Usage +\S/);
    expect(await terminal.shows('backend')).not.toContain('zz');
    await terminal.press('q');
    await terminal.shows('ended 0, terminal sane');
  });

  it('creates a key and calls a tool with it; its secret is shown once and wiped [tui-opens] [tui-secret-once] [tui-terminal-restored]', async () => {
    await using terminal = await open();
    // It has no scrollback: nothing of it is left when it is left.
    expect(await terminal.ask('alternate_on')).toBe('1');
    await terminal.press('c');
    await terminal.shows('Create a key');
    await terminal.type('laptop');
    await terminal.press('C-s');
    const secret = SECRET.exec(await terminal.shows(SECRET))![0];
    await terminal.press('y');
    await terminal.shows('clipboard, if');
    expect(await terminal.clipboard()).toBe(secret);
    await terminal.press('Escape');
    await terminal.shows((screen) => screen.includes('laptop') && !screen.includes(secret));
    expect(await callTool(secret)).toBe(200);
    await terminal.press('q');
    await terminal.shows('ended 0, terminal sane');
    expect(await terminal.history()).not.toContain(secret);
    expect([await terminal.ask('alternate_on'), await terminal.ask('cursor_flag')]).toEqual(['0', '1']);
  });

  it('rotates a key with grace: both keys work, then only the new one [tui-key-journey]', async () => {
    await using terminal = await open();
    const old = await create(terminal, 'rotating-one');
    await terminal.press('r');
    await terminal.shows('Rotate rotating-one');
    await terminal.press('C-u');
    await terminal.type('12s');
    await terminal.press('Enter');
    const successor = await readSecret(terminal);
    expect([await callTool(old), await callTool(successor)]).toEqual([200, 200]);
    await until(async () => (await callTool(old)) === 401);
    expect(await callTool(successor)).toBe(200);
  });

  it('deletes a key when its name is typed, and its old token fails [tui-key-journey]', async () => {
    await using terminal = await open();
    const secret = await create(terminal, 'doomed');
    const issued = await fetch(`${gateway.url}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ api_key: secret }),
    });
    const { access_token: token } = (await issued.json()) as { access_token: string };
    expect(await callTool(token)).toBe(200);
    await terminal.press('d');
    await terminal.shows('Delete doomed for good');
    await terminal.type('dome');
    await terminal.press('C-s');
    await terminal.shows('This is not its name.');
    await terminal.press('C-u');
    await terminal.type('doomed');
    await terminal.press('C-s');
    await terminal.shows('doomed is deleted');
    expect([await callTool(token), await callTool(secret)]).toEqual([401, 401]);
  });

  it('travels back in time, and undoes an event with a reason [tui-time-travel] [tui-undo]', async () => {
    await using terminal = await open();
    const secret = await create(terminal, 'traveller');
    await terminal.press('x');
    await terminal.shows('Inactivate traveller');
    await terminal.type('seen abroad');
    await terminal.press('Enter');
    await terminal.shows('works no longer');
    await terminal.press('t');
    await terminal.shows('because: seen abroad');
    await terminal.shows(/As it is now[^]*Status +inactive/);
    await terminal.press('h', 'h');
    await terminal.shows(/As it was then[^]*Status +active/);
    await terminal.press('n');
    await terminal.shows(/As it is now[^]*Status +inactive/);
    await terminal.press('u');
    await terminal.shows('Activates the key again');
    await terminal.type('it was me');
    await terminal.press('Enter');
    await terminal.shows('because: it was me');
    await terminal.shows(/As it is now[^]*Status +active/);
    expect(await callTool(secret)).toBe(200);
  });

  it('shows calls and changes as they happen, and who used what afterwards [tui-activity] [tui-usage]', async () => {
    await using terminal = await open();
    await terminal.press('3');
    await terminal.shows('Live from the gateway');
    const { apiKey } = await world.stores.keys.create(
      { name: 'busy', scopes: ['mcp'], grants: ['*'], expiresAt: undefined },
      ELSEWHERE,
    );
    await terminal.shows(/key created +busy/);
    expect(await callTool(apiKey)).toBe(200);
    await terminal.shows(/test_simple_text +backend +busy +ok/);
    await terminal.shows(/calls\/s, 0 failures\/min/);
    await terminal.press('Enter');
    await terminal.shows(/Tool +test_simple_text[^]*Key +busy \(/);
    await terminal.press('t');
    await terminal.shows('the key busy');
    await terminal.press('Escape', 'Escape', '5');
    await terminal.shows(/busy +1 +▇+ +0/);
    await terminal.press('b', 'b');
    await terminal.shows(/backend · test_simple_text +\d/);
  });

  it('tells who was slower that someone else has changed the key, and what is so now [tui-two-administrators]', async () => {
    await using terminal = await open();
    const { id } = await world.stores.keys.create(
      { name: 'contested', scopes: ['mcp'], grants: ['*'], expiresAt: undefined },
      ELSEWHERE,
    );
    await terminal.shows('contested');
    await terminal.press('g', 'e');
    await terminal.shows('Change what contested may do');
    const access = { scopes: ['mcp' as const], grants: ['backend'], expiresAt: undefined };
    await world.stores.keys.changeAccess(id, () => access, ELSEWHERE);
    await terminal.press('Tab', 'C-u');
    await terminal.type('other');
    await terminal.press('C-s');
    await terminal.shows('Someone else has just changed it');
    await terminal.press('Escape');
    await terminal.shows(/contested.*backend/);
    await terminal.press('t');
    await terminal.shows('grants * → backend');
    expect(await terminal.screen()).not.toContain('other');
  });
});
