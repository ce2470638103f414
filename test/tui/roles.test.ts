import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { findRole } from '../../src/projections/tables/keyRoles.ts';
import { openOnStores } from './onStores.ts';
import { ELSEWHERE, openTuiWorld, type TuiWorld } from './tuiWorld.ts';

let world: TuiWorld;
let first: string;
beforeAll(async () => {
  world = await openTuiWorld();
  first = await create('first');
  await create('second');
});
afterAll(() => world[Symbol.asyncDispose]());

async function create(name: string): Promise<string> {
  const { id } = await world.stores.keys.create(
    { name, scopes: ['mcp'], grants: ['fixture'], expiresAt: undefined },
    ELSEWHERE,
  );
  return id;
}

const { poll } = expect;
const roleOf = (name: string) => findRole(world.stores.db, name);
const rolesOf = async (id: string) => (await findKey(world.stores.db, id))?.roles.map(({ name }) => name);

describe('Roles', () => {
  it('stay with a key that is changed in the editor, also where it has nothing of its own [tui-editor] [tui-roles]', async () => {
    await world.stores.roles.create('editors', { scopes: ['mcp'], grants: ['fixture'] }, ELSEWHERE);
    const roles = await world.stores.roles.find(['editors']);
    const { id } = await world.stores.keys.create({ name: 'by-role', scopes: [], grants: [], roles }, ELSEWHERE);
    const texts: string[] = [];
    const tui = openOnStores(world, undefined, (text) => {
      texts.push(text);
      return Promise.resolve(text.replace('active: true', 'active: false'));
    });
    await poll(tui.body).toContain('by-role');
    tui.press('g', 'E');
    await poll(tui.body).toMatch(/What would change of the key by-role[^]*active: /);
    expect(tui.body()).not.toMatch(/roles|scopes|grants/);
    expect(texts).toEqual([expect.stringMatching(/roles:\s+- editors/)]);
    tui.press('y');
    await poll(async () => (await findKey(world.stores.db, id))?.status).toBe('inactive');
    expect(await rolesOf(id)).toEqual(['editors']);
    await world.stores.keys.remove(id, undefined, ELSEWHERE);
    await world.stores.roles.remove('editors', undefined, ELSEWHERE);
  });

  it('are made, given to many keys, changed for all of them, undone, and deleted with what that means [tui-roles] [tui-undo]', async () => {
    const tui = openOnStores(world);
    tui.press('6');
    await poll(tui.body).toContain('There are no roles yet.');
    tui.press('c', ...'Ops', 'ctrl-s');
    expect(tui.body()).toMatch(/Name +‹Ops›[^]*must be 1 to 32 of a-z/);
    tui.press('ctrl-u', ...'ops', 'tab', 'tab', 'tab', ...'github');
    tui.press('ctrl-s');
    await poll(tui.notice).toContain('The role “ops” grants the server github, which does not exist');
    tui.changed();
    await poll(tui.body).toMatch(/ops +0 +github +mcp, servers:read/);
    expect(tui.tabs()).toContain('1 role, 1 without a key');

    tui.press('1', '*');
    await poll(tui.body).toContain('2 marked');
    tui.press('R', 'ctrl-g');
    await poll(tui.body).toMatch(/ops +github; 0 keys/);
    tui.press(' ', 'enter', 'ctrl-s');
    await poll(tui.body).toContain('Change a role of 2 keys: 2 to change');
    tui.press('y');
    await poll(() => rolesOf(first)).toEqual(['ops']);

    tui.press('6');
    tui.changed();
    await poll(tui.body).toMatch(/ops +2 /);
    tui.press('e', 'tab', 'tab');
    expect(tui.body()).toContain('It holds at once for the 2 keys that have it');
    tui.press('ctrl-u', ...'wiki', 'ctrl-s');
    await poll(async () => (await roleOf('ops'))?.grants).toEqual(['wiki']);
    tui.press('enter');
    await poll(tui.body).toMatch(/Keys +2\n[^]*grants github → wiki[^]*Who has it[^]*first \(/);
    tui.press('t');
    await poll(tui.body).toContain('Changed by');
    tui.press('u');
    await poll(tui.body).toContain('Gives the role what it had before');
    tui.press('ctrl-s');
    await poll(async () => (await roleOf('ops'))?.grants).toEqual(['github']);

    // The form is left once its work is done.
    await poll(tui.body).toMatch(/^As of now: the role ops/);
    tui.press('esc', 'esc', 'd');
    expect(tui.body()).toContain('What it gives is lost by the 2 keys that have it, at once.');
    tui.press(...'op', 'ctrl-s');
    expect(tui.body()).toContain('This is not its name.');
    tui.press('ctrl-u', ...'ops', 'ctrl-s');
    await poll(() => roleOf('ops')).toBeUndefined();
  });

  it('refuse what someone else has changed meanwhile [tui-roles] [tui-two-administrators]', async () => {
    await world.stores.roles.create('shared', { scopes: ['mcp'], grants: ['a', 'b'] }, ELSEWHERE);
    const tui = openOnStores(world, { columns: 160, rows: 40 });
    tui.press('6', '/', ...'shared', 'enter');
    // From 140 columns on it stands beside its list.
    await poll(tui.body).toMatch(/shared[^]*nobody: in Keys, R gives it/);
    tui.press('-', ...'c', 'ctrl-s');
    expect(tui.body()).toContain('The role does not give c.');
    await world.stores.roles.change('shared', (role) => ({ ...role, grants: ['a', 'b', 'c'] }), ELSEWHERE);
    tui.press('ctrl-u', ...'b', 'ctrl-s');
    await poll(tui.body).toContain('Someone else has just changed it');
    expect((await roleOf('shared'))?.grants).toEqual(['a', 'b', 'c']);
  });
});

describe('the past', () => {
  it('shows keys with what their roles gave them then, and who made a role is in Activity [tui-roles] [tui-past]', async () => {
    await world.stores.roles.create('night', { scopes: ['mcp'], grants: ['night-shift'] }, ELSEWHERE);
    const roles = await world.stores.roles.find(['night']);
    const key = { name: 'of the night', scopes: [], grants: [], roles, expiresAt: undefined };
    await world.stores.keys.create(key, ELSEWHERE);
    const then = new Date(Date.now() + 1).toISOString();
    await poll(() => new Date().toISOString() > then).toBe(true);
    await world.stores.roles.change('night', (role) => ({ ...role, grants: ['day-shift'] }), ELSEWHERE);
    const tui = openOnStores(world);
    tui.press('3');
    await poll(tui.body).toMatch(/role night created/);
    tui.press('T', 'ctrl-u', ...then, 'ctrl-s');
    await poll(tui.body).toMatch(/the past, read only[^]*of the night +active +never +night-shift +mcp/);
    tui.press('6');
    expect(tui.body()).toMatch(/Roles as of [^]*night +1 +night-shift +mcp/);
    tui.press('g');
    for (let moves = 0; moves < 20 && !/› night /.test(tui.body()); moves += 1) tui.press('j');
    tui.press('enter');
    expect(tui.body()).toMatch(/The role as of [^]*Name +night[^]*Grants +night-shift[^]*Keys +1$/m);
    tui.press('esc', 'tab');
    expect(tui.body()).toContain('Keys as of ');
    tui.press('T', '6', 'T', 'ctrl-u', ...'1d ago', 'ctrl-s');
    await poll(tui.body).toContain('There were no roles then.');
  });
});

describe('what was done together', () => {
  it('is undone together, but what was changed since is named and left [tui-undo-together]', async () => {
    const [one, two] = [await create('leaving-first'), await create('leaving-second')];
    const status = async (id: string) => (await findKey(world.stores.db, id))?.status;
    const tui = openOnStores(world);
    tui.press('/', ...'leaving', 'enter');
    await poll(tui.body).toContain('of 2 with');
    tui.press('*');
    await poll(tui.body).toContain('2 marked');
    tui.press('x', 'ctrl-s');
    await poll(tui.body).toContain('2 to change');
    tui.press('y');
    await poll(async () => [await status(one), await status(two)]).toEqual(['inactive', 'inactive']);
    await world.stores.keys.activate(two, undefined, ELSEWHERE);
    await world.stores.keys.inactivate(two, 'really', ELSEWHERE);
    tui.press('4', '/', ...'inactivated leaving-first', 'enter');
    await poll(tui.body).toContain('1 of 1');
    tui.press('U');
    await poll(tui.body).toContain('Undo 2 events');
    tui.press('ctrl-s');
    await poll(tui.body).toMatch(/1 to change, 1 refused[^]*It was changed since, which would be lost/);
    tui.press('y');
    await poll(() => status(one)).toBe('active');
    expect(await status(two)).toBe('inactive');
  });

  it('is one event: it is undone as one alone is, with what was changed since [tui-undo-together]', async () => {
    const id = await create('changed-since');
    const { keys } = world.stores;
    await keys.label(id, () => ({ tags: [], owner: 'ada' }), { ...ELSEWHERE, correlationId: 'one-change' });
    await keys.label(id, () => ({ tags: [], owner: 'bob' }), { ...ELSEWHERE, correlationId: 'another-change' });
    const tui = openOnStores(world);
    tui.press('4', '/', ...'changed-since', 'enter');
    await poll(tui.body).toContain('of 3');
    tui.press('down', 'U');
    await poll(tui.body).toMatch(/^Undo[^]*It was changed since, which this takes back, too/);
    tui.press('ctrl-s');
    await poll(async () => (await findKey(world.stores.db, id))?.owner).toBeNull();
  });

  it('is undone together, also what concerns one key [tui-undo-together]', async () => {
    const id = await create('changed-twice');
    const context = { ...ELSEWHERE, correlationId: 'two-changes' };
    const { keys } = world.stores;
    await keys.changeAccess(id, (access) => ({ ...access, grants: ['*'] }), context);
    await keys.label(id, (labels) => ({ ...labels, owner: 'ada' }), context);
    const tui = openOnStores(world);
    tui.press('4', '/', ...'changed-twice', 'enter');
    await poll(tui.body).toContain('of 3');
    tui.press('U');
    await poll(tui.body).toContain('Undo 2 events');
    tui.press('ctrl-s');
    await poll(tui.body).toContain('2 to change');
    tui.press('y');
    await poll(async () => {
      const { grants, owner } = (await findKey(world.stores.db, id)) ?? {};
      return { grants, owner };
    }).toEqual({ grants: ['fixture'], owner: null });
  });
});
