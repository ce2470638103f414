import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { uuidV5 } from '../../src/ids.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { listKeys } from '../../src/projections/tables/keyLists.ts';
import { listStreamHistory } from '../../src/projections/tables/auditEvents.ts';
import { findServer, findServerById, listServers } from '../../src/projections/tables/mcpServers.ts';
import { createProjectionRunner, type ProjectionRunner } from '../../src/projections/runner.ts';
import { findStreamHead, listStreamHeads } from '../../src/projections/tables/streamHeads.ts';
import { findVaultKey, insertVaultKey } from '../../src/vault/vaultKeys.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { appendAtEnd, changeKey, changeServer, keyCreated, settings, START } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { clearReadModel, silent } from './readModel.ts';

let database: TestDatabase;
let store: EventStore;
let runner: ProjectionRunner;

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-0000000000b0';
const C = '0190ffff-0000-7000-8000-0000000000b0';

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  await clearReadModel(database.db);
  store = openMemoryStore();
  runner = createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent });
});

describe('api_keys', () => {
  test('a created key has what the event states', async () => {
    const of = { limits: ['requests=5/s'], networks: ['10.0.0.0/8'] };
    const access = { ...of, grants: ['a', 'b:c*'], expiresAt: '2027-01-01T00:00:00Z' };
    const created = keyCreated({ name: 'ci', description: 'of CI', ...access });
    await runner.pump(await changeKey(store, A, created));
    expect(await findKey(database.db, A)).toEqual({
      id: A,
      name: 'ci',
      description: 'of CI',
      ...{ owner: null, tags: [], rotatedFrom: null },
      status: 'active',
      scopes: ['mcp'],
      grants: ['a', 'b:c*'],
      roles: [],
      limits: ['requests=5/s'],
      networks: ['10.0.0.0/8'],
      expiresAt: new Date('2027-01-01T00:00:00Z'),
      successorId: null,
      validUntil: null,
      sealed: created.data.sealed,
      credentials: [],
      createdAt: new Date(START),
      createdBy: 'cli:ann@host',
      updatedAt: new Date(START),
      revision: 0,
      fault: null,
    });
  });

  test('inactivation, activation and a change of access show', async () => {
    await runner.pump(
      await changeKey(store, A, keyCreated({ expiresAt: '2027-01-01T00:00:00Z' }), {
        type: 'ApiKeyInactivated',
        data: {},
      }),
    );
    expect(await findKey(database.db, A)).toMatchObject({
      status: 'inactive',
      revision: 1,
      updatedAt: new Date(START + 1_000),
    });
    await runner.pump(await changeKey(store, A, { type: 'ApiKeyActivated', data: {} }));
    expect(await findKey(database.db, A)).toMatchObject({ status: 'active', revision: 2 });
    await runner.pump(
      await changeKey(store, A, { type: 'ApiKeyAccessChanged', data: { scopes: ['keys:read'], grants: [] } }),
    );
    expect(await findKey(database.db, A)).toMatchObject({
      scopes: ['keys:read'],
      grants: [],
      expiresAt: null,
      revision: 3,
    });
  });

  test('a rotated key names its successor, and stays rotated through inactivation and activation', async () => {
    const rotated = { type: 'ApiKeyRotated', data: { successorId: B, validUntil: '2026-02-01T00:00:00Z' } } as const;
    await changeKey(store, A, keyCreated(), rotated);
    await runner.pump(await changeKey(store, B, keyCreated({ rotatedFrom: A })));
    expect(await findKey(database.db, A)).toMatchObject({
      status: 'rotated',
      successorId: B,
      validUntil: new Date('2026-02-01T00:00:00Z'),
    });
    expect(await findKey(database.db, B)).toMatchObject({ status: 'active', rotatedFrom: A });
    await runner.pump(
      await changeKey(store, A, { type: 'ApiKeyInactivated', data: {} }, { type: 'ApiKeyActivated', data: {} }),
    );
    expect(await findKey(database.db, A)).toMatchObject({ status: 'rotated', revision: 3 });
  });

  test('a deleted key stays, without its secrets', async () => {
    const created = keyCreated();
    await runner.pump(
      await changeKey(store, A, created, { type: 'ApiKeyDeleted', data: { dek: created.data.sealed.dek } }),
    );
    expect(await findKey(database.db, A)).toMatchObject({ status: 'deleted', sealed: null, name: 'a key' });
  });

  test('keys are listed by age in pages, inactive and deleted ones when asked for', async () => {
    await changeKey(store, C, keyCreated());
    await changeKey(store, B, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
    await changeKey(store, A, keyCreated());
    await runner.pump();
    const db = database.db;
    expect((await listKeys(db, { limit: 9 })).map(({ id }) => id)).toEqual([A, C]);
    const first = await listKeys(db, { without: [], limit: 2 });
    // Made in the same millisecond: then the id decides.
    expect(first.map(({ id }) => id)).toEqual([A, B]);
    const rest = await listKeys(db, { without: [], limit: 2, after: first[1] });
    expect(rest.map(({ id }) => id)).toEqual([C]);
  });
});

describe('mcp_servers', () => {
  test('a registered server has what the event states, and is found by name and by id', async () => {
    const sealed = { dek: crypto.randomUUID(), box: 'c2VhbGVk' };
    await runner.pump(
      await changeServer(store, 'github', { type: 'McpServerRegistered', data: settings({ title: 'GitHub', sealed }) }),
    );
    const row = await findServer(database.db, 'github');
    expect(row).toEqual({
      name: 'github',
      id: uuidV5('github'),
      title: 'GitHub',
      description: null,
      transport: 'http',
      url: 'http://127.0.0.1:9/mcp',
      command: null,
      args: null,
      cwd: null,
      isolation: 'session',
      onToolChange: null,
      limits: settings().limits,
      timeouts: settings().timeouts,
      sealed,
      status: 'enabled',
      createdAt: new Date(START),
      updatedAt: new Date(START),
      revision: 0,
      fault: null,
    });
    expect(await findServerById(database.db, uuidV5('github'))).toEqual(row);
  });

  test('an update replaces all settings and keeps the status', async () => {
    await changeServer(
      store,
      's',
      { type: 'McpServerRegistered', data: settings({ title: 'old' }) },
      { type: 'McpServerDisabled', data: {} },
    );
    const { url: _url, ...stdio } = settings({
      transport: 'stdio',
      command: 'node',
      args: ['a b', '{}'],
      isolation: 'key',
    });
    await runner.pump(await changeServer(store, 's', { type: 'McpServerUpdated', data: stdio }));
    expect(await findServer(database.db, 's')).toMatchObject({
      title: null,
      url: null,
      command: 'node',
      args: ['a b', '{}'],
      isolation: 'key',
      status: 'disabled',
      revision: 2,
      createdAt: new Date(START),
      updatedAt: new Date(START + 2_000),
    });
    await runner.pump(await changeServer(store, 's', { type: 'McpServerEnabled', data: {} }));
    expect(await findServer(database.db, 's')).toMatchObject({ status: 'enabled' });
  });

  test('a deleted server is gone, and its name can be registered again', async () => {
    await changeServer(store, 's', { type: 'McpServerRegistered', data: settings() });
    await runner.pump(await changeServer(store, 's', { type: 'McpServerDeleted', data: { deks: [] } }));
    expect(await findServer(database.db, 's')).toBeUndefined();
    await runner.pump(await changeServer(store, 's', { type: 'McpServerRegistered', data: settings() }));
    expect(await findServer(database.db, 's')).toMatchObject({ revision: 2, createdAt: new Date(START + 2_000) });
  });

  test('servers are listed by name in pages', async () => {
    for (const name of ['b', 'a-1', 'a', 'c'])
      await changeServer(store, name, { type: 'McpServerRegistered', data: settings() });
    await runner.pump();
    const first = await listServers(database.db, { limit: 3 });
    expect(first.map(({ name }) => name)).toEqual(['a', 'a-1', 'b']);
    expect((await listServers(database.db, { limit: 3, after: 'b' })).map(({ name }) => name)).toEqual(['c']);
  });
});

describe('audit_events', () => {
  test('every event of a key is there once, without its secrets, in pages [projections-key-history]', async () => {
    const created = keyCreated({ name: 'ci' });
    await changeKey(store, A, created, { type: 'ApiKeyInactivated', data: { reason: 'leaked' } });
    await changeKey(store, A, { type: 'ApiKeyActivated', data: {} });
    await runner.pump();
    const history = await listStreamHistory(database.db, `apiKey-${A}`, { limit: 2 });
    expect(history).toEqual([
      {
        stream: `apiKey-${A}`,
        revision: 0,
        position: '1',
        id: expect.any(String),
        type: 'ApiKeyCreated',
        at: new Date(START),
        actor: 'cli:ann@host',
        correlationId: 'command 0',
        data: { name: 'ci', scopes: ['mcp'], grants: ['*'] },
      },
      expect.objectContaining({ revision: 1, position: '2', type: 'ApiKeyInactivated', data: { reason: 'leaked' } }),
    ]);
    const rest = await listStreamHistory(database.db, `apiKey-${A}`, { limit: 2, after: 1 });
    expect(rest.map(({ type }) => type)).toEqual(['ApiKeyActivated']);
  });
});

describe('stream_heads', () => {
  test('the head of a stream is its last event, of an unknown type too', async () => {
    await changeKey(store, A, keyCreated());
    await appendAtEnd(store, `apiKey-${A}`, [{ type: 'ApiKeyBlessed', data: {} }]);
    await changeServer(store, 's', { type: 'McpServerRegistered', data: settings() });
    await appendAtEnd(store, 'other-stream', [{ type: 'ApiKeyCreated', data: {} }]);
    await runner.pump();
    const head = await findStreamHead(database.db, `apiKey-${A}`);
    expect(head).toMatchObject({ revision: 1, position: '2' });
    expect(head?.hash).toMatch(/^hash of /);
    const heads = await listStreamHeads(database.db, { limit: 9 });
    expect(heads.map(({ stream }) => stream)).toEqual([`apiKey-${A}`, 'mcpServer-s']);
    expect(await listStreamHeads(database.db, { limit: 9, after: `apiKey-${A}` })).toHaveLength(1);
  });
});

describe('shredding', () => {
  test('deleting a key or a server destroys its data encryption keys and no other [auth-shredding]', async () => {
    const deks = Array.from({ length: 4 }, () => crypto.randomUUID());
    const [ofKey = '', ofServer = '', ofServerToo = '', ofOther = ''] = deks;
    for (const id of deks) {
      const subject = id === ofKey ? `apiKey-${A}` : 'mcpServer-s';
      await insertVaultKey(database.db, { id, subject, wrapped: Buffer.from('w'), masterKeyId: 'm' });
    }
    await changeKey(store, A, keyCreated({ sealed: { dek: ofKey, box: 'eA' } }));
    await changeServer(store, 's', { type: 'McpServerRegistered', data: settings() });
    await runner.pump();
    expect(await findVaultKey(database.db, ofKey)).toMatchObject({ wrapped: Buffer.from('w') });
    await changeKey(store, A, { type: 'ApiKeyDeleted', data: { dek: ofKey } });
    await changeServer(store, 's', { type: 'McpServerDeleted', data: { deks: [ofServer, ofServerToo] } });
    await runner.pump();
    const left = await Promise.all(deks.map((id) => findVaultKey(database.db, id)));
    expect(left.map((row) => row?.id)).toEqual([undefined, undefined, undefined, ofOther]);
  });

  test('an event has no key destroyed that is not its own stream’s, and none of the installation [auth-shredding]', async () => {
    const subjects = ['system:chain', `apiKey-${B}`, 'mcpServer-s'];
    const deks = subjects.map((subject) => uuidV5(subject));
    for (const subject of subjects)
      await insertVaultKey(database.db, { id: uuidV5(subject), subject, wrapped: Buffer.from('w'), masterKeyId: 'm' });
    // A program that may write to the event store can put these there, and compute the ids of the installation's keys.
    for (const dek of deks) {
      await changeKey(store, crypto.randomUUID(), keyCreated(), { type: 'ApiKeyDeleted', data: { dek } });
    }
    await changeServer(store, 't', { type: 'McpServerRegistered', data: settings() });
    await changeServer(store, 't', { type: 'McpServerDeleted', data: { deks } });
    for (const of of ['mcpServer-t', `apiKey-${A}`])
      await appendAtEnd(store, `streamRepair-${of}`, [{ type: 'StreamRetired', data: { final: true, deks } }]);
    await runner.pump();
    expect((await Promise.all(deks.map((id) => findVaultKey(database.db, id)))).map((row) => row?.id)).toEqual(deks);
    await appendAtEnd(store, `streamRepair-mcpServer-s`, [{ type: 'StreamRetired', data: { final: true, deks } }]);
    await runner.pump();
    const left = await Promise.all(deks.map((id) => findVaultKey(database.db, id)));
    expect(left.map((row) => row?.subject)).toEqual(['system:chain', `apiKey-${B}`, undefined]);
  });
});
