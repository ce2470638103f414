import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { openOnStores, type Size } from './onStores.ts';
import { ELSEWHERE, openTuiWorld, type TuiWorld } from './tuiWorld.ts';

let world: TuiWorld;
beforeAll(async () => {
  world = await openTuiWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const open = (size?: Size) => openOnStores(world, size);

async function create(name: string, grants = ['fixture']): Promise<string> {
  const { id } = await world.stores.keys.create({ name, scopes: ['mcp'], grants, expiresAt: undefined }, ELSEWHERE);
  await world.stores.projections.pump();
  return id;
}

async function register(name: string): Promise<void> {
  const settings = { transport: 'http', url: 'http://127.0.0.1:9/mcp', isolation: 'session' } as const;
  const input = { ...settings, limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS };
  await world.stores.servers.register(name, { settings: input, secrets: { headers: {}, env: {} } }, ELSEWHERE);
  await world.stores.projections.pump();
}

const { poll } = expect;

describe('where there is nothing yet', () => {
  it('three steps lead to a first call [tui-first-steps]', async () => {
    const tui = open();
    await poll(tui.body).toMatch(
      /There are no keys yet\. Three steps[^]*Add a server[^]*Make a key[^]*Connect a client/,
    );
    tui.press('2');
    await poll(tui.body).toContain('There are no servers yet. Three steps');
  });
});

describe('many keys at once', () => {
  it('are marked, shown in a plan, changed after one confirmation, and those that fail are named and stay marked [tui-bulk]', async () => {
    const [first, second, third] = [await create('one'), await create('two'), await create('three')];
    await create('other');
    const tui = open();
    await poll(tui.body).toContain('other');
    // A mark stays when the list shows something else.
    tui.press('/');
    tui.type('one');
    await poll(tui.body).toMatch(/1 of 1 with “one”/);
    tui.press('enter', ' ', 'esc');
    await poll(tui.body).toMatch(/1 marked, 1 of 4/);
    tui.press('j', ' ', ' ');
    expect(tui.body()).toMatch(/3 marked/);
    expect(tui.body().match(/[●◆] (one|two|three)/g)).toHaveLength(3);
    tui.press('x');
    tui.type('they leave');
    await world.stores.keys.inactivate(second, undefined, ELSEWHERE);
    tui.press('ctrl-s');
    await poll(tui.body).toContain('Inactivate 3 keys: 2 to change, 1 already so');
    expect((await findKey(world.stores.db, first))?.status).toBe('active');
    // Meanwhile one of them is gone for good.
    await world.stores.keys.remove(third, undefined, ELSEWHERE);
    tui.press('y');
    await poll(tui.body).toContain('three: ');
    expect(tui.body()).toContain('1 of 2 failed');
    expect((await findKey(world.stores.db, first))?.status).toBe('inactive');
    tui.press('esc');
    await poll(tui.body).toMatch(/2 marked/);
  });

  it('get one more grant, keep those they had, and lose it again; a key keeps one at least [tui-bulk]', async () => {
    const id = await create('granted');
    const grants = async () => (await findKey(world.stores.db, id))?.grants;
    const tui = open();
    await poll(tui.body).toContain('granted');
    const change = async (key: string, grant: string, plan: string) => {
      tui.press(key);
      tui.type(grant);
      tui.press('ctrl-s');
      await poll(tui.body).toContain(plan);
      tui.press('y');
    };
    await change('+', 'github:search_*', 'Add a grant to 1 key: 1 to change');
    await poll(grants).toEqual(['fixture', 'github:search_*']);
    // What a grant leads to is not there yet.
    await poll(tui.body).toContain('which does not exist');
    tui.press('esc');
    await change('-', 'fixture', 'Take a grant from 1 key: 1 to change');
    await poll(grants).toEqual(['github:search_*']);
    await poll(tui.body).toContain('1 of ');
    await change('-', 'github:search_*', 'no grant left');
    expect(tui.notice()).toContain('nothing to do');
    tui.press('esc');
    await change('#', 'team=search', 'Tag 1 key: 1 to change');
    await poll(async () => (await findKey(world.stores.db, id))?.tags).toEqual(['team=search']);
  });

  it('are deleted only when their number was typed [tui-bulk]', async () => {
    await create('doomed a');
    await create('doomed b');
    const tui = open();
    await poll(tui.body).toContain('doomed b');
    tui.press('/');
    tui.type('doomed');
    await poll(tui.body).toMatch(/of 2 with/);
    tui.press('enter', '*');
    await poll(tui.body).toMatch(/2 marked/);
    tui.press('d');
    tui.type('3');
    tui.press('ctrl-s');
    expect(tui.body()).toContain('Type 2, their number.');
    tui.press('ctrl-u', '2', 'ctrl-s');
    await poll(tui.body).toContain('Delete 2 keys for good: 2 to change');
    tui.press('y');
    await poll(tui.body).toContain('No keys match “doomed”');
  });
});

describe('the past', () => {
  it('shows keys and servers as they were, read only, and leads back to now [tui-past]', async () => {
    await create('of then');
    const tui = open();
    await poll(tui.body).toContain('of then');
    const before = new Date().toISOString();
    await create('of now');
    tui.tick();
    await poll(() => new Date().toISOString() > before).toBe(true);
    tui.press('T', 'ctrl-u');
    tui.type('tomorrow');
    tui.press('ctrl-s');
    expect(tui.body()).toContain('is no time');
    tui.press('ctrl-u');
    tui.type(before);
    tui.press('ctrl-s');
    await poll(tui.body).toMatch(/Keys as of .* the past, read only[^]*of then/);
    expect(tui.body()).not.toContain('of now');
    // What changes keys means nothing here.
    tui.press('x', 'd', 'e');
    expect(tui.body()).toContain('the past, read only');
    tui.press('Y');
    expect(tui.notice()).toContain(`audit at ${before}`);
    tui.press('enter');
    expect(tui.body()).toMatch(/The key as of[^]*Name +of then/);
    tui.press('esc', '2');
    expect(tui.body()).toContain('There were no servers then.');
    tui.press('T');
    tui.changed();
    await poll(tui.body).toContain('of now');
  });
});

describe('a list that is sorted', () => {
  it('shows in its header by what, and begins anew [tui-sort]', async () => {
    const tui = open();
    await poll(tui.body).toContain('granted');
    tui.press('s');
    await poll(tui.body).toMatch(/NAME ▲[^]*granted[^]*other/);
    tui.press('s');
    await poll(tui.body).toContain('EXPIRES ▲');
    tui.press('s');
    await poll(tui.body).toContain('LAST USED ▲');
    tui.press('s');
    await poll(tui.body).not.toContain('▲');
  });
});

describe('the form of a key', () => {
  it('shows what scopes mean, and offers the servers that there are as grants; a pattern stays [tui-picks]', async () => {
    await register('calculator');
    const tui = open();
    await poll(tui.body).toContain('granted');
    tui.press('c', 'tab', 'tab', 'tab', 'tab');
    expect(tui.body()).toMatch(/keys:read.*see all keys and their history, but no secret/);
    tui.press('tab', 'ctrl-u');
    tui.type('github:search_*');
    tui.press('ctrl-g');
    await poll(tui.body).toMatch(/\[x\] github:search_\*[^]*every server[^]*calculator/);
    tui.type('calc');
    tui.press(' ', 'enter');
    expect(tui.body()).toMatch(/Grants +github:search_\*, calculator/);
  });
});

describe('many servers at once', () => {
  it('are disabled, and the order by status begins with them [tui-bulk] [tui-sort]', async () => {
    for (const name of ['alpha', 'beta', 'gamma']) await register(name);
    const tui = open();
    tui.press('2');
    await poll(tui.body).toContain('gamma');
    tui.press('j', ' ', ' ', 'x', 'ctrl-s');
    await poll(tui.body).toContain('Disable 2 servers: 2 to change');
    tui.press('y');
    await poll(tui.body).toMatch(/beta +disabled/);
    tui.press('s');
    await poll(tui.body).toMatch(/STATUS ▲[^]*beta[^]*calculator[^]*alpha/);
  });
});
