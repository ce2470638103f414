import { describe, expect, test } from 'vitest';
import { accessAt } from '../../src/audit/accessAt.ts';
import type { ApiKeyEvent } from '../../src/events/apiKey.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { keyRoleStream, type KeyRoleEvent } from '../../src/events/keyRole.ts';
import { mcpServerStream, type McpServerEvent } from '../../src/events/mcpServer.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { streamRepairStream } from '../../src/events/streamRepair.ts';
import { isoTime } from '../../src/clock.ts';
import { keyCreated, newEvent, settings, START } from '../projections/history.ts';

// Times are minutes after START.

const MINUTE = 60_000;
const at = (minute: number) => isoTime(START + minute * MINUTE);
const registered: McpServerEvent = { type: 'McpServerRegistered', data: settings() };

/** Names of keys stand for ids, which are UUIDs. */
const NAMES = ['all', 'one', 'tools', 'other', 'scopeless', 'late', 'k', 'expiring', 'rotated', 'broken'];
const idOf = (name: string): string => `0190a1b2-0000-7000-8000-${String(NAMES.indexOf(name) + 1).padStart(12, '0')}`;
const nameOf = (id: string): string => NAMES[Number(id.slice(-12)) - 1] ?? id;

function streamOf(of: string, type: string): string {
  if (type.startsWith('KeyRole')) return keyRoleStream(of);
  return type.startsWith('ApiKey') ? apiKeyStream(idOf(of)) : mcpServerStream(of);
}

/** One history: `[minute, server or key, event]`, in the order of time. */
async function historyOf(
  ...steps: (readonly [minute: number, of: string, event: ApiKeyEvent | KeyRoleEvent | McpServerEvent])[]
) {
  const store = openMemoryStore();
  const revisions = new Map<string, number>();
  for (const [minute, of, event] of steps) {
    const stream = streamOf(of, event.type);
    const last = revisions.get(stream);
    await store.append(stream, last ?? 'no-stream', [newEvent(event, minute * MINUTE)]);
    revisions.set(stream, (last ?? -1) + 1);
  }
  return store;
}

/** Asks; the answer has minutes for times, and the revision of the event or `time`. */
async function ask(store: EventStore, minute: number, { tool, now = 100 }: { tool?: string; now?: number } = {}) {
  const { server, serverFault, keys, unusable } = await accessAt(store, {
    server: 'github',
    tool,
    atMs: START + minute * MINUTE,
    nowMs: START + now * MINUTE,
  });
  const turn = (of: (typeof keys)[number]['since']) => [
    (of.atMs - START) / MINUTE,
    of.event === undefined ? 'time' : `${'unreadable' in of.event ? 'unreadable' : of.event.type} ${of.event.revision}`,
  ];
  return {
    server,
    ...(serverFault !== undefined && { serverFault }),
    ...(unusable.length > 0 && { unusable: unusable.map(({ id }) => nameOf(id)) }),
    keys: keys.map(({ id, grants, roles, since, until }) => ({
      id: nameOf(id),
      grants,
      ...(roles.length > 0 && { roles }),
      since: turn(since),
      until: until && turn(until),
    })),
  };
}

describe('who could use a server', () => {
  test('is every active key with a grant and the scope, by its grant, since it had both [audit-who-could]', async () => {
    const store = await historyOf(
      [0, 'github', registered],
      [1, 'all', keyCreated({ grants: ['*'] })],
      [2, 'one', keyCreated({ grants: ['jira', 'github', 'github:search_*'] })],
      [3, 'tools', keyCreated({ grants: ['github:search_*'] })],
      [4, 'other', keyCreated({ grants: ['jira', 'github-2'] })],
      [5, 'scopeless', keyCreated({ scopes: ['keys:read'] })],
      [6, 'late', keyCreated()],
      [7, 'late', { type: 'ApiKeyAccessChanged', data: { scopes: ['mcp'], grants: ['jira'] } }],
    );
    expect(await ask(store, 5)).toEqual({
      server: 'enabled',
      keys: [
        { id: 'all', grants: ['*'], since: [1, 'ApiKeyCreated 0'], until: undefined },
        { id: 'one', grants: ['github', 'github:search_*'], since: [2, 'ApiKeyCreated 0'], until: undefined },
        { id: 'tools', grants: ['github:search_*'], since: [3, 'ApiKeyCreated 0'], until: undefined },
      ],
    });
    const late = (await ask(store, 6)).keys.find(({ id }) => id === 'late');
    expect(late).toEqual({
      id: 'late',
      grants: ['*'],
      since: [6, 'ApiKeyCreated 0'],
      until: [7, 'ApiKeyAccessChanged 1'],
    });
    expect((await ask(store, 7)).keys.map(({ id }) => id)).not.toContain('late');
  });

  test('is a key that a role lets use it, since and until the role did [audit-who-could]', async () => {
    const role = { name: 'team', id: crypto.randomUUID() };
    const store = await historyOf(
      [0, 'github', registered],
      [1, 'team', { type: 'KeyRoleCreated', data: { id: role.id, scopes: ['mcp'], grants: ['jira'] } }],
      [2, 'k', keyCreated({ scopes: [], grants: [], roles: [role] })],
      [2, 'other', keyCreated({ scopes: [], grants: [], roles: [{ ...role, id: crypto.randomUUID() }] })],
      [3, 'all', keyCreated({ grants: ['*'], roles: [role] })],
      [5, 'team', { type: 'KeyRoleChanged', data: { scopes: ['mcp'], grants: ['jira', 'github:get_*'] } }],
      [8, 'team', { type: 'KeyRoleDeleted', data: {} }],
      [9, 'team', { type: 'KeyRoleCreated', data: { id: crypto.randomUUID(), scopes: ['mcp'], grants: ['*'] } }],
    );
    const ids = async (minute: number, tool?: string) =>
      (await ask(store, minute, { ...(tool !== undefined && { tool }) })).keys.map(({ id }) => id);
    expect(await ids(4)).toEqual(['all']);
    const all = { id: 'all', grants: ['*'], since: [3, 'ApiKeyCreated 0'], until: undefined };
    expect((await ask(store, 6)).keys).toEqual([
      { ...all, roles: [{ name: 'team', grants: ['github:get_*'] }] },
      {
        id: 'k',
        grants: [],
        roles: [{ name: 'team', grants: ['github:get_*'] }],
        since: [5, 'KeyRoleChanged 1'],
        until: [8, 'KeyRoleDeleted 2'],
      },
    ]);
    expect(await ids(6, 'delete_all')).toEqual(['all']);
    expect(await ids(8)).toEqual(['all']);
    expect(await ids(10)).toEqual(['all']);
  });

  test('is asked for one tool, too [audit-who-could]', async () => {
    const store = await historyOf(
      [0, 'github', registered],
      [1, 'tools', keyCreated({ grants: ['github:search_*', 'github:get_me'] })],
    );
    expect((await ask(store, 2, { tool: 'search_code' })).keys).toMatchObject([{ grants: ['github:search_*'] }]);
    expect((await ask(store, 2, { tool: 'delete_all' })).keys).toEqual([]);
  });

  test.each<[string, ApiKeyEvent, string]>([
    ['inactivated', { type: 'ApiKeyInactivated', data: {} }, 'ApiKeyInactivated 1'],
    ['deleted', { type: 'ApiKeyDeleted', data: { dek: crypto.randomUUID() } }, 'ApiKeyDeleted 1'],
    [
      'rotated without grace',
      { type: 'ApiKeyRotated', data: { successorId: crypto.randomUUID(), validUntil: at(5) } },
      'ApiKeyRotated 1',
    ],
  ])('is not a key that was %s, from then on [audit-who-could]', async (_how, ending, name) => {
    const store = await historyOf([0, 'github', registered], [1, 'k', keyCreated()], [5, 'k', ending]);
    expect((await ask(store, 4)).keys).toMatchObject([{ id: 'k', until: [5, name] }]);
    expect((await ask(store, 5)).keys).toEqual([]);
    expect((await ask(store, 6)).keys).toEqual([]);
  });

  test('is not a key whose time was over, although no event states it [audit-who-could]', async () => {
    const rotated: ApiKeyEvent = {
      type: 'ApiKeyRotated',
      data: { successorId: crypto.randomUUID(), validUntil: at(20) },
    };
    const store = await historyOf(
      [0, 'github', registered],
      [1, 'expiring', keyCreated({ expiresAt: at(10) })],
      [1, 'rotated', keyCreated()],
      [2, 'rotated', rotated],
      [30, 'expiring', { type: 'ApiKeyAccessChanged', data: { scopes: ['mcp'], grants: ['*'], expiresAt: at(50) } }],
    );
    const spans = async (minute: number, now?: number) =>
      (await ask(store, minute, now === undefined ? {} : { now })).keys.map(({ id, since, until }) => [
        id,
        since,
        until,
      ]);
    expect(await spans(9)).toEqual([
      ['expiring', [1, 'ApiKeyCreated 0'], [10, 'time']],
      ['rotated', [1, 'ApiKeyCreated 0'], [20, 'time']],
    ]);
    expect(await spans(10)).toEqual([['rotated', [1, 'ApiKeyCreated 0'], [20, 'time']]]);
    expect(await spans(25)).toEqual([]);
    expect(await spans(30)).toEqual([['expiring', [30, 'ApiKeyAccessChanged 1'], [50, 'time']]]);
    expect(await spans(30, 40)).toEqual([['expiring', [30, 'ApiKeyAccessChanged 1'], undefined]]);
    expect(await spans(60)).toEqual([]);
  });

  test('is no key while it is disabled, removed or not registered yet, nor before it was there [audit-who-could]', async () => {
    const store = await historyOf(
      [1, 'k', keyCreated()],
      [5, 'github', registered],
      [10, 'github', { type: 'McpServerDisabled', data: {} }],
      [20, 'github', { type: 'McpServerEnabled', data: {} }],
      [30, 'github', { type: 'McpServerDeleted', data: { deks: [] } }],
    );
    expect(await ask(store, 4)).toEqual({ server: 'none', keys: [] });
    expect((await ask(store, 5)).keys).toMatchObject([
      { since: [5, 'McpServerRegistered 0'], until: [10, 'McpServerDisabled 1'] },
    ]);
    expect(await ask(store, 10)).toEqual({ server: 'disabled', keys: [] });
    expect((await ask(store, 29)).keys).toMatchObject([
      { since: [20, 'McpServerEnabled 2'], until: [30, 'McpServerDeleted 3'] },
    ]);
    expect(await ask(store, 30)).toEqual({ server: 'deleted', keys: [] });
  });

  test('is since the last time that it began, when it was interrupted', async () => {
    const store = await historyOf(
      [0, 'github', registered],
      [1, 'k', keyCreated()],
      [2, 'k', { type: 'ApiKeyInactivated', data: {} }],
      [3, 'k', { type: 'ApiKeyActivated', data: {} }],
      [4, 'k', { type: 'ApiKeyAccessChanged', data: { scopes: ['mcp'], grants: ['github'] } }],
    );
    expect((await ask(store, 5)).keys).toMatchObject([{ since: [3, 'ApiKeyActivated 2'], grants: ['github'] }]);
    expect((await ask(store, 1)).keys).toMatchObject([{ until: [2, 'ApiKeyInactivated 1'], grants: ['*'] }]);
  });

  test('is no key with an event that can’t be read, which is named, and no other one is concerned [audit-who-could]', async () => {
    const store = await historyOf([0, 'github', registered], [1, 'broken', keyCreated()], [1, 'k', keyCreated()]);
    const stream = apiKeyStream(idOf('broken'));
    const damaged = newEvent({ type: 'ApiKeyInactivated', data: { reason: 5 } }, 5 * MINUTE);
    await store.append(stream, 0, [damaged]);
    const skip = {
      type: 'EventSkipped',
      data: { revision: 1, eventId: damaged.id, type: damaged.type, reason: 'seen' },
    };
    await store.append(streamRepairStream(stream), 'no-stream', [newEvent(skip, 9 * MINUTE)]);
    const ids = async (minute: number) => (await ask(store, minute)).keys.map(({ id, until }) => [id, until]);
    expect(await ids(4)).toEqual([
      ['broken', [5, 'unreadable 1']],
      ['k', undefined],
    ]);
    expect(await ask(store, 5)).toMatchObject({ unusable: ['broken'], keys: [{ id: 'k' }] });
    expect((await ask(store, 9)).keys).toMatchObject([{ id: 'k' }, { id: 'broken', since: [9, 'EventSkipped 0'] }]);
  });

  test('is no key while the server was unusable, and no key that was retired [audit-who-could]', async () => {
    const store = await historyOf([0, 'github', registered], [1, 'k', keyCreated()]);
    const retire = newEvent({ type: 'StreamRetired', data: { final: false, deks: [] } }, 5 * MINUTE);
    await store.append(streamRepairStream(apiKeyStream(idOf('k'))), 'no-stream', [retire]);
    expect((await ask(store, 4)).keys).toMatchObject([{ id: 'k', until: [5, 'StreamRetired 0'] }]);
    expect(await ask(store, 5)).toEqual({ server: 'enabled', keys: [] });
    await store.append(mcpServerStream('github'), 0, [newEvent({ type: 'McpServerUpdated', data: {} }, 7 * MINUTE)]);
    expect(await ask(store, 7)).toEqual({ server: 'enabled', serverFault: 'unreadable', keys: [] });
  });
});
