import { expect, test } from 'vitest';
import { historyOf } from '../../src/audit/history.ts';
import { stateAt } from '../../src/audit/stateAt.ts';
import { isoTime } from '../../src/clock.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { keyRoleStream } from '../../src/events/keyRole.ts';
import { mcpServerStream } from '../../src/events/mcpServer.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { streamRepairStream } from '../../src/events/streamRepair.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { listKeys } from '../../src/projections/tables/keyLists.ts';
import { listRoles } from '../../src/projections/tables/keyRoles.ts';
import { keyRoles } from '../../src/projections/tables/keyRolesProjection.ts';
import { listServers } from '../../src/projections/tables/mcpServers.ts';
import { mcpServers } from '../../src/projections/tables/mcpServersProjection.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { keyCreated, newEvent, settings, START } from '../projections/history.ts';

const MINUTE = 60_000;
const at = (minute: number) => isoTime(START + minute * MINUTE);
const sealed = { dek: crypto.randomUUID(), box: 'c2VhbGVk' };
const [A, B] = [crypto.randomUUID(), crypto.randomUUID()];

const role = { name: 'team', id: crypto.randomUUID() };
const roleCreated = { type: 'KeyRoleCreated', data: { id: role.id, scopes: ['mcp'], grants: ['wiki'] } } as const;
const C = crypto.randomUUID();

const STEPS: readonly (readonly [stream: string, event: { readonly type: string; readonly data: object }])[] = [
  [apiKeyStream(A), keyCreated({ name: 'a', description: 'first', expiresAt: at(90) })],
  [mcpServerStream('github'), { type: 'McpServerRegistered', data: settings({ sealed, title: 'GitHub' }) }],
  [apiKeyStream(A), { type: 'ApiKeyAccessChanged', data: { scopes: ['mcp', 'audit:read'], grants: ['github'] } }],
  [apiKeyStream(B), keyCreated({ name: 'b', rotatedFrom: A })],
  [apiKeyStream(A), { type: 'ApiKeyRotated', data: { successorId: B, validUntil: at(60) } }],
  [mcpServerStream('github'), { type: 'McpServerDisabled', data: {} }],
  [apiKeyStream(A), { type: 'ApiKeyInactivated', data: { reason: 'lost' } }],
  [apiKeyStream(A), { type: 'ApiKeyActivated', data: {} }],
  [mcpServerStream('github'), { type: 'McpServerUpdated', data: settings({ url: 'http://127.0.0.1:9/b' }) }],
  [mcpServerStream('github'), { type: 'McpServerDeleted', data: { deks: [sealed.dek] } }],
  [apiKeyStream(A), { type: 'ApiKeyDeleted', data: { dek: crypto.randomUUID() } }],
  [mcpServerStream('github'), { type: 'McpServerRegistered', data: settings() }],
  [keyRoleStream('team'), roleCreated],
  [apiKeyStream(C), keyCreated({ name: 'c', scopes: [], grants: [], roles: [role] })],
  [keyRoleStream('team'), { type: 'KeyRoleChanged', data: { scopes: ['mcp'], grants: ['wiki', 'github'] } }],
  [keyRoleStream('team'), { type: 'KeyRoleDeleted', data: {} }],
  [keyRoleStream('team'), { ...roleCreated, data: { ...roleCreated.data, id: crypto.randomUUID() } }],
];

test('keys, roles and servers are at any time what the read tables were then, without anything sealed [audit-at]', async () => {
  await using database = await createTestDatabase();
  const { db } = database;
  const store = openMemoryStore();
  const projections = createProjectionRunner({
    db,
    store,
    logger: createLogger('silent'),
    projections: [apiKeys, keyRoles, mcpServers],
  });
  const tables: { keys: object[]; roles: object[]; servers: object[] }[] = [];
  const revisions = new Map<string, number>();
  for (const [minute, [stream, event]] of STEPS.entries()) {
    const last = revisions.get(stream);
    await store.append(stream, last ?? 'no-stream', [newEvent(event, minute * MINUTE)]);
    revisions.set(stream, (last ?? -1) + 1);
    await projections.pump();
    tables.push({
      keys: (await listKeys(db, { without: [], limit: 9 })).map((key) => ({ ...key, sealed: null })),
      roles: (await listRoles(db, { limit: 9 })).map(({ name, id, description, scopes, grants, revision, fault }) => {
        return { name, id, ...(description !== null && { description }), scopes, grants, revision, fault };
      }),
      servers: (await listServers(db, { limit: 9 })).map((server) => ({
        ...server,
        sealed: server.sealed && { ...server.sealed, box: '' },
      })),
    });
  }
  for (const [minute, then] of tables.entries()) {
    expect(await stateAt(store.readAll(), START + minute * MINUTE)).toEqual(then);
    expect(await stateAt(store.readAll(), START + (minute + 1) * MINUTE - 1)).toEqual(then);
  }
  expect(await stateAt(store.readAll(), START - 1)).toEqual({ keys: [], roles: [], servers: [] });
});

test('what stands behind a later event had not happened, whatever its clock shows', async () => {
  const store = openMemoryStore();
  const stream = apiKeyStream(A);
  await store.append(stream, 'no-stream', [
    newEvent(keyCreated(), 0),
    newEvent({ type: 'ApiKeyInactivated', data: {} }, 9 * MINUTE),
    newEvent({ type: 'ApiKeyActivated', data: {} }, 1 * MINUTE),
    newEvent({ type: 'ApiKeyDeleted', data: { dek: sealed.dek } }, 2 * MINUTE),
  ]);
  expect((await stateAt(store.readAll(), START + 5 * MINUTE)).keys).toMatchObject([{ status: 'active', revision: 0 }]);
});

test('an event that can’t be read makes its own key unusable, until it is skipped, and no other one [audit-at]', async () => {
  const store = openMemoryStore();
  const [a, b] = [apiKeyStream(A), apiKeyStream(B)];
  const damaged = { ...newEvent({ type: 'ApiKeyInactivated', data: { reason: 5 } }, 1 * MINUTE) };
  await store.append(a, 'no-stream', [newEvent(keyCreated(), 0), damaged]);
  await store.append(b, 'no-stream', [newEvent(keyCreated(), 0)]);
  const skip = { type: 'EventSkipped', data: { revision: 1, eventId: damaged.id, type: damaged.type, reason: 'seen' } };
  await store.append(streamRepairStream(a), 'no-stream', [newEvent(skip, 2 * MINUTE)]);
  // A stranger's.
  await store.append(apiKeyStream(crypto.randomUUID()), 'no-stream', [
    newEvent({ type: 'ApiKeyCreated', data: {} }, 0),
  ]);
  const faults = async (minute: number) =>
    (await stateAt(store.readAll(), START + minute * MINUTE)).keys.map(({ id, status, fault }) => [id, status, fault]);
  const sorted = (rows: unknown[][]) => rows.toSorted(([x], [y]) => (String(x) < String(y) ? -1 : 1));
  const expected = (fault: string | null) =>
    sorted([
      [A, 'active', fault],
      [B, 'active', null],
    ]);
  expect(sorted(await faults(0))).toEqual(expected(null));
  expect(sorted(await faults(1))).toEqual(expected('unreadable'));
  expect(sorted(await faults(2))).toEqual(expected(null));
});

test('a key that was made invalid beside its own history was unusable from then on, until it was reinstated [audit-at]', async () => {
  const store = openMemoryStore();
  const stream = apiKeyStream(A);
  await store.append(stream, 'no-stream', [newEvent(keyCreated(), 0)]);
  await store.append(streamRepairStream(stream), 'no-stream', [
    newEvent({ type: 'StreamRetired', data: { final: false, deks: [] } }, 1 * MINUTE),
    newEvent({ type: 'StreamReinstated', data: {} }, 2 * MINUTE),
  ]);
  const fault = async (minute: number) =>
    (await stateAt(historyOf(store, stream), START + minute * MINUTE)).keys[0]?.fault;
  expect([await fault(0), await fault(1), await fault(2)]).toEqual([null, 'retired', null]);
});
