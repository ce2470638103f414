import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listKeys } from '../../src/projections/tables/keyLists.ts';
import { findRole, effectiveAccess } from '../../src/projections/tables/keyRoles.ts';
import { createCounters } from '../../src/usage/counters.ts';
import { addUsage } from '../../src/usage/keyUsage.ts';
import { call } from '../usage/calls.ts';
import { makeCompany, ownerOf } from './company.ts';
import { noTerminal, openTerminal, type Terminal } from './terminal.ts';
import { openTuiWorld, type TuiWorld } from './tuiWorld.ts';

const SECRET = /mcp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/;
const PEOPLE = 40;
const KEYS = 500;
/** Of the person who leaves: an engineer. */
const LEAVER = 32;
const LEAVERS_KEYS = 12;
const DAY_MS = 86_400_000;

let world: TuiWorld;
beforeAll(async () => {
  world = await openTuiWorld();
  await makeCompany(world.stores, { people: PEOPLE, servers: 60, keys: KEYS });
});
afterAll(() => world[Symbol.asyncDispose]());

const keysOf = (owner: string) => listKeys(world.stores.db, { owner, without: ['deleted'], limit: KEYS });

/** One key called a tool at a time. */
async function count(keyId: string, at: number): Promise<void> {
  const counters = createCounters({ clock: () => at });
  counters.count(call({ keyId, server: 'server-01', tool: 'deploy' }));
  await addUsage(world.stores.db, { id: crypto.randomUUID(), increments: counters.take() });
}

/** A terminal that counts what is pressed. */
function counting(terminal: Terminal) {
  let presses = 0;
  return {
    shows: terminal.shows.bind(terminal),
    screen: terminal.screen.bind(terminal),
    presses: () => presses,
    async press(...keys: readonly string[]) {
      presses += keys.length;
      await terminal.press(...keys);
    },
    async type(text: string) {
      presses += text.length;
      await terminal.type(text);
    },
  };
}

describe.skipIf(noTerminal !== undefined)(`an administrator in a terminal (${noTerminal ?? 'tmux'})`, () => {
  it('onboards three people, gives all of engineering a new server, finds who used a tool yesterday, stops the keys of somebody who leaves, and undoes that [tui-administrator] [tui-roles] [tui-undo-together]', async () => {
    const { db } = world.stores;
    await using opened = await openTerminal({ env: world.env, columns: 120, rows: 40 });
    await opened.shows('500 keys');
    const terminal = counting(opened);
    const began = performance.now();

    // Three people begin: each gets a key that has what engineering has, and nothing of its own.
    for (const person of ['nora', 'omar', 'pia']) {
      await terminal.press('c');
      await terminal.shows('Create a key');
      await terminal.type(`laptop of ${person}`);
      await terminal.press('Tab', 'Tab');
      await terminal.type(`${person}@example.org`);
      await terminal.press('Tab', 'Tab', 'Tab', 'Tab');
      await terminal.type('engineering');
      await terminal.shows(/Scopes +\[ \] mcp[^]*Grants *\n[^]*Roles +engineering/);
      await terminal.press('C-s');
      await terminal.shows(SECRET);
      await terminal.press('Escape');
      await terminal.shows((screen) => screen.includes(`laptop of ${person}`) && !SECRET.test(screen));
    }
    const [begun] = await keysOf('nora@example.org');
    expect(begun).toMatchObject({ scopes: [], grants: [], roles: [{ name: 'engineering' }] });

    // A new server, for all that have the role.
    await terminal.press('2', 'c');
    await terminal.shows('Add a server');
    await terminal.type('wiki');
    await terminal.press('Tab', 'Tab');
    await terminal.type('http://127.0.0.1:9/wiki');
    await terminal.press('C-s');
    await terminal.shows('wiki is added');
    await terminal.press('6');
    await terminal.shows(/engineering +253 /);
    await terminal.press('+');
    await terminal.shows('the 253 keys that have it');
    await terminal.press('C-g');
    await terminal.shows('every server, those to come too');
    await terminal.type('wiki');
    await terminal.press('Space', 'Enter', 'C-s');
    await terminal.shows('is changed, for all keys that have it');
    expect(await findRole(db, 'engineering')).toMatchObject({ grants: ['server-01', 'server-02', 'wiki'] });
    const [engineer] = await keysOf(ownerOf(0));
    expect(engineer && effectiveAccess(engineer).grants).toContain('wiki');

    // Who used a tool yesterday: not who used it today.
    const [one] = await keysOf(ownerOf(3));
    const [other] = await keysOf(ownerOf(5));
    await count(one?.id ?? '', Date.now() - DAY_MS);
    await count(other?.id ?? '', Date.now());
    await terminal.press('5', 'w', 'b', 'b');
    await terminal.shows(/yesterday \(UTC\), by tool[^]*server-01 · deploy +1 /);
    await terminal.press('Enter');
    await terminal.shows(/of server-01 · deploy, yesterday \(UTC\), by key: 1, none failed[^]*of person-03 +1 /);
    expect(await terminal.screen()).not.toContain('person-05');

    // Somebody leaves.
    const leaver = ownerOf(LEAVER);
    await terminal.press('1', '/');
    await terminal.type(leaver);
    await terminal.shows(`of ${String(LEAVERS_KEYS)} with`);
    await terminal.press('Enter', '*');
    await terminal.shows(`${String(LEAVERS_KEYS)} marked`);
    await terminal.press('x');
    await terminal.shows(`Inactivate ${String(LEAVERS_KEYS)} keys`);
    await terminal.type('has left');
    await terminal.press('C-s');
    await terminal.shows(`${String(LEAVERS_KEYS)} to change`);
    await terminal.press('y');
    await terminal.shows(`Inactivate ${String(LEAVERS_KEYS)} keys: done.`);
    const statuses = async () => (await keysOf(leaver)).map(({ status }) => status);
    expect(await statuses()).toEqual(new Array(LEAVERS_KEYS).fill('inactive'));

    // It was somebody else.
    await terminal.press('4');
    await terminal.shows('has left');
    await terminal.press('U');
    await terminal.shows(`Undo ${String(LEAVERS_KEYS)} events`);
    await terminal.press('C-s');
    await terminal.shows(`${String(LEAVERS_KEYS)} to change`);
    await terminal.press('y');
    await terminal.shows(`Undo ${String(LEAVERS_KEYS)} events: done.`);
    expect(await statuses()).toEqual(new Array(LEAVERS_KEYS).fill('active'));

    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    console.log(`the administrator's journey: ${String(terminal.presses())} key presses, ${seconds} s`);
    expect(terminal.presses()).toBeLessThanOrEqual(280);
  });
});
