import { describe, expect, test } from 'vitest';
import { whoCould } from '../../src/audit/whoCould.ts';
import { apiKeyStream, type ApiKeyEvent } from '../../src/events/apiKey.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { mcpServerStream, type McpServerEvent } from '../../src/events/mcpServer.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { isoTime } from '../../src/clock.ts';
import { uuidV5 } from '../../src/ids.ts';
import { keyCreated, newEvent, settings, START } from '../projections/history.ts';

// Times are minutes after START.

const MINUTE = 60_000;
const at = (minute: number) => isoTime(START + minute * MINUTE);
const registered: McpServerEvent = { type: 'McpServerRegistered', data: settings() };

/** Keys have names here, which stand for ids. */
const names = new Map<string, string>();
function idOf(name: string): string {
  const id = uuidV5(name);
  names.set(id, name);
  return id;
}

/** One history: `[minute, server or key, event]`, in the order of time. */
async function historyOf(...steps: (readonly [minute: number, of: string, event: ApiKeyEvent | McpServerEvent])[]) {
  const store = openMemoryStore();
  const revisions = new Map<string, number>();
  for (const [minute, of, event] of steps) {
    const stream = event.type.startsWith('ApiKey') ? apiKeyStream(idOf(of)) : mcpServerStream(of);
    const last = revisions.get(stream);
    await store.append(stream, last ?? 'no-stream', [newEvent(event, minute * MINUTE)]);
    revisions.set(stream, (last ?? -1) + 1);
  }
  return store;
}

/** Asks; the answer has minutes for times, and the revision of the event or `time`. */
async function ask(store: EventStore, minute: number, { tool, now = 100 }: { tool?: string; now?: number } = {}) {
  const { server, keys } = await whoCould(store, {
    server: 'github',
    tool,
    atMs: START + minute * MINUTE,
    nowMs: START + now * MINUTE,
  });
  const turn = (of: (typeof keys)[number]['since']) => [
    (of.atMs - START) / MINUTE,
    of.event === undefined ? 'time' : `${of.event.type} ${of.event.revision}`,
  ];
  return {
    server,
    keys: keys.map(({ id, grants, since, until }) => ({
      id: names.get(id),
      grants,
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

  test('is not a key whose time was over, although no event says so [audit-who-could]', async () => {
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

  test('is nobody while it is disabled, removed or not registered yet, and nobody before it was there [audit-who-could]', async () => {
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
});
