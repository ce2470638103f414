import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Action, Job, Outcome } from '../../cli/tui/frame/model.ts';
import { reduce } from '../../cli/tui/frame/reduce.ts';
import { jobOf, startWork } from '../../cli/tui/frame/startWork.ts';
import { slotOf } from '../../cli/tui/frame/state.ts';
import { createPerform } from '../../cli/tui/loop/perform.ts';
import { credentialForm } from '../../cli/tui/panes/keys/forms.ts';
import type { Findings } from '../../cli/tui/panes/servers/findings.ts';
import { SERVERS } from '../../cli/tui/panes/servers/state.ts';
import { TEST_ALL } from '../../cli/tui/panes/servers/testAll.ts';
import { TEST } from '../../cli/tui/panes/servers/testServer.ts';
import { CHANGE } from '../../cli/tui/screens/change/runChange.ts';
import { BROWSE } from '../../cli/tui/screens/catalogue/browse.ts';
import { CALL_TOOL } from '../../cli/tui/screens/tool/callTool.ts';
import { draftToVisit } from '../../cli/tui/screens/tool/serverToVisit.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Timeouts } from '../../src/events/mcpServer.ts';
import { sql } from '../../src/postgres/sql.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import {
  legacyScript,
  modernScript,
  rpcError,
  startScriptedServer,
  TOOL,
  type Script,
} from '../upstream/support/scriptedServer.ts';
import { formOf } from './toolFormWorld.ts';
import { ELSEWHERE, openTuiWorld, type TuiWorld } from './tuiWorld.ts';
import { inputIn, inputOf, keyRow, NOW, startState, TuiByHand } from './stateWorld.ts';

let world: TuiWorld;
beforeAll(async () => {
  world = await openTuiWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

let lastServer = 0;

/** Registers a server. @returns its name */
async function register(url: string, timeouts: Partial<Timeouts> = {}): Promise<string> {
  const name = `server-${++lastServer}`;
  const settings = { transport: 'http', url, isolation: 'session', limits: DEFAULT_LIMITS } as const;
  const secrets = { headers: {}, env: {} };
  const input = { settings: { ...settings, timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts } }, secrets };
  await world.stores.servers.register(name, input, ELSEWHERE);
  await world.stores.projections.pump();
  return name;
}

/** The effects of a TUI; what a piece of work came to, and how it is cancelled. */
function tui(onAction: (action: Action) => void = () => undefined) {
  const { stores, settings } = world;
  const perform = createPerform({
    stores,
    settings,
    commandContext: () => ELSEWHERE,
    write: () => undefined,
    leave: () => undefined,
  });
  const ended = Promise.withResolvers<Outcome>();
  const dispatch = (action: Action) => {
    onAction(action);
    if (action.type === 'ended') ended.resolve(action.outcome);
    if (action.type === 'failed') ended.reject(new Error(action.message));
  };
  return {
    start(job: Job): Promise<Outcome> {
      perform({ effect: 'work', work: 1, job }, dispatch);
      return ended.promise;
    },
    cancel: () => perform({ effect: 'cancel', work: 1 }, dispatch),
  };
}

const callOf = (server: string, args = {}): Job => jobOf(CALL_TOOL, { server, tool: TOOL, args });

describe('a tool that is called', () => {
  it.each([
    ['legacy', legacyScript],
    ['modern', modernScript],
  ] as const)('gets the digits that were typed from a %s form [tui-tool-form-values]', async (_era, script) => {
    await using server = await startScriptedServer(script());
    const name = await register(server.url.href);
    const form = formOf({ properties: { big: { type: 'integer' }, more: {}, ['__proto__']: {} } });
    const values = { big: '9007199254740993', more: '{"price": 1.10, "far": [1e400]}' };
    const args = inputOf(CALL_TOOL, form.spec.submit(values, NOW))?.args;
    expect(await tui().start(callOf(name, args))).toMatchObject({ ok: true });
    const call = server.seen.find(({ message }) => message.method === 'tools/call');
    expect(call?.text).toContain('"arguments":{"big":9007199254740993,"more":{"price":1.10,"far":[1e400]}}');
  });

  it('is told when it is cancelled, and says so [tui-server-failure]', async () => {
    const { start, cancel } = tui();
    await using server = await startScriptedServer(legacyScript({ 'tools/call': () => cancel() }));
    const outcome = await start(callOf(await register(server.url.href)));
    expect(outcome).toEqual({ ok: false, message: 'It was cancelled.' });
    expect(server.methods.slice(-3).toSorted()).toEqual(['DELETE', 'notifications/cancelled', 'tools/call']);
    await expect.poll(() => server.open).toBe(0);
  });

  it('is ended by the time-outs of its server, which is told so [tui-server-failure]', async () => {
    await using server = await startScriptedServer(legacyScript({ 'tools/call': () => undefined }));
    const name = await register(server.url.href, { idleMs: 2_000 });
    const { ok, message } = await tui().start(callOf(name));
    expect(ok).toBe(false);
    expect(message).toContain(`The server "${name}" sent nothing for 2 s, its idle time-out.`);
    expect(message).toContain(`servers update ${name} --idle-timeout`);
    expect(server.methods).toContain('notifications/cancelled');
  });
});

describe('why a server did not answer', () => {
  /** The user cancels, after something else went wrong. */
  const thenCancelled = (cancel: () => void): Record<string, Script> => ({
    DELETE: (_seen, response) => {
      cancel();
      response.writeHead(200).end();
    },
  });
  const failing: Script = (seen, response) => rpcError(seen, response, 200, { code: -32603, message: 'out of paper' });

  it.each([
    ['a test', 'ping', (server: string) => jobOf(TEST, { server })],
    ['browsing', 'tools/list', (server: string) => jobOf(BROWSE, { server })],
    ['a call', 'tools/call', (server: string) => callOf(server)],
  ] as const)('is what went wrong first: %s [tui-server-failure]', async (_job, method, jobFor) => {
    const { start, cancel } = tui();
    await using server = await startScriptedServer(legacyScript({ ...thenCancelled(cancel), [method]: failing }));
    const name = await register(server.url.href);
    const outcome = await start(jobFor(name));
    expect(outcome.message).toContain('out of paper');
    expect(server.methods).toContain('DELETE');
  });

  it('is that nobody listens, in the words of the connection [tui-server-failure]', async () => {
    const server = await startScriptedServer(legacyScript());
    const name = await register(server.url.href);
    await server[Symbol.asyncDispose]();
    expect((await tui().start(jobOf(BROWSE, { server: name }))).message).toContain('ECONNREFUSED');
  });

  it('is the time-out of the server while it connects, too [tui-server-failure]', async () => {
    await using silent = await startScriptedServer(() => undefined);
    const name = await register(silent.url.href, { idleMs: 2_000 });
    for (const job of [callOf(name), jobOf(TEST, { server: name }), jobOf(BROWSE, { server: name })]) {
      expect((await tui().start(job)).message).toContain('sent nothing for 2 s');
    }
  });
});

describe('what a server gets for a key alone', () => {
  it('is taken out by a form of the key, also when the server is gone', async () => {
    const { stores } = world;
    const { id } = await stores.keys.create({ name: 'k', scopes: ['mcp'], grants: ['*'] }, ELSEWHERE);
    const name = await register('http://127.0.0.1:1/mcp');
    const secrets = { headers: { 'x-token': 't' }, env: {} };
    await stores.credentials.change(id, name, () => ({ secrets }), ELSEWHERE);
    await stores.servers.remove(name, undefined, ELSEWHERE);
    const key = await findKey(stores.db, id);
    if (key === undefined) throw new Error('the key is there');
    const { spec, values } = credentialForm(key);
    expect(values).toEqual({ server: name });
    expect(await tui().start(spec.submit(values, NOW))).toMatchObject({ ok: true });
    expect(await findKey(stores.db, id)).toMatchObject({ credentials: [] });
  });
});

describe('a draft over a server', () => {
  it('keeps the time-outs and limits that are stored [tui-server-failure]', async () => {
    const name = await register('http://127.0.0.1:1/mcp', { idleMs: 4_321 });
    const draft = { transport: 'http', url: 'http://127.0.0.1:1/other', title: '', description: '' } as const;
    const server = await draftToVisit(world.stores, name, { ...draft, headers: {}, drop: [] });
    expect(server).toMatchObject({ url: new URL(draft.url), timeouts: { idleMs: 4_321 } });
  });
});

describe('a test of all servers', () => {
  it('finds out about each that is enabled, a program among them, and names those that fail [tui-test-all]', async () => {
    await using server = await startScriptedServer(modernScript());
    const name = await register(server.url.href);
    const gone = await register('http://127.0.0.1:1/mcp');
    const off = await register('http://127.0.0.1:1/mcp');
    await world.stores.servers.disable(off, undefined, ELSEWHERE);
    const settings = { transport: 'stdio', command: 'no-such-program', isolation: 'session' } as const;
    const rest = { limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS };
    const program = { settings: { ...settings, ...rest }, secrets: { headers: {}, env: {} } };
    await world.stores.servers.register('program', program, ELSEWHERE);
    await world.stores.projections.pump();
    const outcome = await tui().start(jobOf(TEST_ALL, undefined));
    const found = (outcome.ok ? outcome.result : undefined) as ReadonlyMap<string, Findings>;
    expect(found.get(name)).toMatchObject({ ok: true, tools: 1 });
    expect(found.get(gone)).toMatchObject({ ok: false, message: expect.stringContaining('ECONNREFUSED') });
    expect(found.get('program')).toMatchObject({ ok: false, message: expect.stringContaining('no-such-program') });
    expect(found.has(off)).toBe(false);
    expect(outcome.message).toContain(gone);
    expect(outcome.message).not.toContain(`${name},`);
  });
});

describe('a test of all servers of which one is slow', () => {
  it('shows what the others have answered meanwhile, and names the one that it waits for [tui-test-all]', async () => {
    await using quick = await startScriptedServer(modernScript());
    await using slow = await startScriptedServer(() => undefined);
    const [quickName, slowName] = [await register(quick.url.href), await register(slow.url.href)];
    let [state] = startWork(startState(), jobOf(TEST_ALL, undefined), 'Testing all servers');
    const { start, cancel } = tui((action) => ([state] = reduce(state, action)));
    const outcome = start(jobOf(TEST_ALL, undefined));
    const finding = (name: string) => slotOf(state, SERVERS).findings.get(name);
    await expect.poll(() => finding(quickName)).toMatchObject({ ok: true, tools: 1 });
    await expect.poll(() => state.work[0]?.message).toMatch(new RegExp(`, waiting for ${slowName}$`));
    expect(finding(slowName)).toBeUndefined();
    cancel();
    expect(await outcome).toEqual({ ok: false, message: 'It was cancelled.' });
    expect(finding(slowName)).toBeUndefined();
    expect(finding(quickName)).toMatchObject({ ok: true });
  });
});

describe('a key that is granted what there is not', () => {
  it('is made, and changed, with a warning that names what was probably meant [cli-unmet-grants]', async () => {
    const name = await register('http://127.0.0.1:1/mcp');
    const access = { scopes: ['mcp'] as const, grants: [`${name}x:*`, name], roles: [], expiresAt: undefined };
    const unmet = `is granted the server ${name}x, which does not exist. Did you mean ${name}?`;
    const made = await tui().start(
      jobOf(CHANGE, { command: 'createKey', name: 'ci', description: undefined, labels: { tags: [] }, access }),
    );
    expect(made).toMatchObject({ ok: true, warning: `The key “ci” ${unmet}` });
    const { id } = await world.stores.keys.create({ name: 'other', ...access }, ELSEWHERE);
    const change = { command: 'changeAccess', key: { ...access, id, name: 'other' }, ifMatch: 0 } as const;
    const narrowed = await tui().start(jobOf(CHANGE, { ...change, access: { ...access, grants: [`${name}x`] } }));
    expect(narrowed).toMatchObject({ ok: true, warning: `The key “other” ${unmet}` });
    const fits = await tui().start(jobOf(CHANGE, { ...change, ifMatch: 1, access: { ...access, grants: [name] } }));
    expect(fits).toMatchObject({ ok: true });
    expect(fits).not.toHaveProperty('warning');
  });
});

describe('the limits and networks in the form of a key', () => {
  it('are stored with the key, and go when their fields are emptied [limits-stored]', async () => {
    const byHand = new TuiByHand([]);
    byHand.press('c', ...'limited', ...Array.from({ length: 8 }, () => 'down'));
    byHand.type('requests=10/s, calls=2');
    byHand.press('down');
    byHand.type('10.0.0.0/8');
    const create = inputIn(CHANGE, byHand.press('ctrl-s'));
    expect(await tui().start(jobOf(CHANGE, create!))).toMatchObject({ ok: true });
    const stored = async () => {
      await world.stores.projections.pump();
      const [row] = await world.stores.db.query<{ id: string }>(sql`select id from api_keys where name = ${'limited'}`);
      return (await findKey(world.stores.db, row!.id))!;
    };
    const row = await stored();
    expect(row).toMatchObject({ limits: ['requests=10/s', 'calls=2'], networks: ['10.0.0.0/8'] });
    const editing = new TuiByHand([keyRow(0, row)]);
    editing.press('e', ...Array.from({ length: 4 }, () => 'down'), 'ctrl-u', 'down', 'ctrl-u');
    const change = inputIn(CHANGE, editing.press('ctrl-s'));
    expect(await tui().start(jobOf(CHANGE, change!))).toMatchObject({ ok: true });
    expect(await stored()).toMatchObject({ limits: [], networks: [] });
  });
});
