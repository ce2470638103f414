import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { sql } from '../../src/postgres/sql.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import type { ServerSecrets } from '../../src/vault/serverSecrets.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { vaultKeysOf } from '../support/vaultKeysOf.ts';

let gateway: TestGateway;
let key: { readonly id: string; readonly apiKey: string };
beforeAll(async () => {
  gateway = await startTestGateway();
  key = await gateway.createKey();
  for (const name of ['http', 'other']) await gateway.addServer(name, `http://127.0.0.1:1/${name}`);
  const none = { headers: {}, env: {} };
  const { servers } = gateway.stores;
  const sse = { ...DEFAULT_SETTINGS, transport: 'sse', url: 'http://127.0.0.1:1/sse' } as const;
  await servers.register('sse', { settings: sse, secrets: none }, TEST_CONTEXT);
  const program = { ...DEFAULT_SETTINGS, transport: 'stdio', command: 'true' } as const;
  await servers.register('program', { settings: program, secrets: none }, TEST_CONTEXT);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const TOKEN: ServerSecrets = { headers: { 'X-Token': 'of-one-key' }, env: {} };

function change(id: string, server: string, secrets: ServerSecrets) {
  return gateway.stores.credentials.change(id, server, () => ({ secrets }), TEST_CONTEXT);
}

describe('a credential', () => {
  test('is in no event and no table but sealed, under the key’s own data encryption key [auth-secret-nowhere]', async () => {
    const { db, events } = gateway.stores;
    const { id } = await gateway.createKey();
    const [dek] = await vaultKeysOf(db, apiKeyStream(id));
    await change(id, 'http', TOKEN);
    expect(await vaultKeysOf(db, apiKeyStream(id))).toEqual([dek]);
    const row = await findKey(db, id);
    expect(row?.credentials).toMatchObject([
      { server: 'http', headers: ['X-Token'], sealed: { dek: row?.sealed?.dek } },
    ]);
    const history = await Array.fromAsync(events.readStream(apiKeyStream(id)));
    const trail = await db.query<{ data: unknown }>(
      sql`select data from audit_events where stream = ${apiKeyStream(id)}`,
    );
    for (const text of [row, history.map(({ data }) => data), trail].map((each) => JSON.stringify(each))) {
      expect(text).toContain('X-Token');
      expect(text).not.toContain('of-one-key');
    }
    await gateway.stores.keys.remove(id, undefined, TEST_CONTEXT);
    expect(await vaultKeysOf(db, apiKeyStream(id))).toEqual([]);
    expect(await findKey(db, id)).toMatchObject({ credentials: [] });
  });

  test('of another server, put in its place in the table, opens for nobody, and the audit finds it [auth-sealed-in-place]', async () => {
    const { db, audit } = gateway.stores;
    const { id, apiKey } = await gateway.createKey();
    await change(id, 'http', TOKEN);
    await change(id, 'other', { headers: { 'X-Token': 'of-other' }, env: {} });
    const swap = () =>
      db.query(sql`
        update api_keys set credentials = jsonb_set(jsonb_set(credentials, '{http,sealed}', credentials #> '{other,sealed}'),
          '{other,sealed}', credentials #> '{http,sealed}') where id = ${id}::uuid`);
    await swap();
    const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/http/tools`, { headers: { 'x-api-key': apiKey } });
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'secret-unreadable' }]);
    expect(await audit.verify()).toMatchObject({ ok: false, fault: { kind: 'table-mismatch' } });
    await swap();
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  test('is changed in part, and what is not named stays', async () => {
    const { credentials } = gateway.stores;
    const { id } = await gateway.createKey();
    await change(id, 'http', { headers: { 'X-A': 'a', 'X-B': 'b' }, env: {} });
    const seen: ServerSecrets[] = [];
    const revise = (current: ServerSecrets) => {
      seen.push(current);
      return { secrets: { headers: { ...current.headers, 'X-B': 'c' }, env: {} } };
    };
    expect(await credentials.change(id, 'http', revise, TEST_CONTEXT)).toMatchObject({
      headers: ['X-A', 'X-B'],
      changed: true,
    });
    expect(await credentials.change(id, 'http', revise, TEST_CONTEXT)).toMatchObject({ changed: false });
    expect(seen).toEqual([
      { headers: { 'X-A': 'a', 'X-B': 'b' }, env: {} },
      { headers: { 'X-A': 'a', 'X-B': 'c' }, env: {} },
    ]);
    expect(await change(id, 'http', { headers: {}, env: {} })).toMatchObject({ headers: [], changed: true });
    expect(await change(id, 'http', { headers: {}, env: {} })).toMatchObject({ changed: false });
  });

  test('of changes at once loses none', async () => {
    const { id } = await gateway.createKey();
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) =>
        gateway.stores.credentials.change(
          id,
          'http',
          ({ headers }) => ({ secrets: { headers: { ...headers, [`x-${name}`]: name }, env: {} } }),
          TEST_CONTEXT,
        ),
      ),
    );
    const row = await findKey(gateway.stores.db, id);
    expect(row?.credentials[0]?.headers.toSorted()).toEqual(['x-a', 'x-b', 'x-c', 'x-d']);
  });

  test('in a dry run is decided and checked, and nothing of it is kept', async () => {
    const { id } = await gateway.createKey();
    const dry = gateway.stores.dryRun();
    const result = await dry.credentials.change(id, 'http', () => ({ secrets: TOKEN }), TEST_CONTEXT);
    expect(result).toMatchObject({ headers: ['X-Token'], changed: true });
    const rotated = await dry.keys.rotate(id, 0, TEST_CONTEXT);
    expect(dry.events.map(({ type }) => type)).toEqual([
      'ApiKeyCredentialSet',
      'ApiKeyCreated',
      'ApiKeyCredentialSet',
      'ApiKeyRotated',
    ]);
    expect(await findKey(gateway.stores.db, id)).toMatchObject({ revision: 0, credentials: [] });
    expect(await vaultKeysOf(gateway.stores.db, apiKeyStream(rotated.id))).toEqual([]);
  });

  test('goes to the successor, under its own data encryption key', async () => {
    const { db, keys, events, audit } = gateway.stores;
    const { id } = await gateway.createKey();
    await change(id, 'http', TOKEN);
    await change(id, 'program', { headers: {}, env: { TOKEN: 't' } });
    const successor = await keys.rotate(id, 60_000, TEST_CONTEXT);
    const row = await findKey(db, successor.id);
    expect(row?.credentials.map(({ server, sealed }) => [server, sealed.dek])).toEqual([
      ['http', row?.sealed?.dek],
      ['program', row?.sealed?.dek],
    ]);
    expect(await Array.fromAsync(events.readStream(apiKeyStream(successor.id)))).toHaveLength(3);
    expect(await audit.verify()).toMatchObject({ ok: true });
  });
});

describe('what can’t be a credential is refused', () => {
  test.each([
    ['http', { headers: { Host: 'x' }, env: {} }, 'server-header-invalid'],
    ['http', { headers: { 'Mcp-Session-Id': 'x' }, env: {} }, 'server-header-invalid'],
    ['http', { headers: { 'Transfer-Encoding': 'chunked' }, env: {} }, 'server-header-invalid'],
    ['sse', { headers: { Connection: 'close' }, env: {} }, 'server-header-invalid'],
    ['http', { headers: { 'no good': 'x' }, env: {} }, 'server-header-invalid'],
    ['http', { headers: { 'x-token': 'a\r\nb: c' }, env: {} }, 'server-header-invalid'],
    ['http', { headers: { 'x-token': 'a', 'X-Token': 'b' }, env: {} }, 'header-repeated'],
    ['http', { headers: {}, env: { TOKEN: 'x' } }, 'server-variables-unexpected'],
    ['program', { headers: { 'x-token': 'x' }, env: {} }, 'server-headers-unexpected'],
    ['program', { headers: {}, env: { 'A=B': 'x' } }, 'server-variable-invalid'],
    ['program', { headers: {}, env: { A: 'x\0' } }, 'server-variable-invalid'],
    ['program', { headers: {}, env: { A: 'x'.repeat(40_000) } }, 'server-too-large'],
    ['nowhere', { headers: { 'x-token': 'x' }, env: {} }, 'server-not-found'],
  ])('for %s: %j is %s', async (server, secrets, code) => {
    const changed = change(key.id, server, secrets);
    await expect(changed).rejects.toMatchObject({ code });
    await expect(changed).rejects.not.toMatchObject({ message: expect.stringContaining('xxxx') as string });
  });

  test('a key that there is not, or not any more', async () => {
    const nobody = '01900000-0000-7000-8000-00000000dead';
    await expect(change(nobody, 'http', TOKEN)).rejects.toMatchObject({ code: 'key-not-found' });
    const gone = await gateway.createKey();
    await gateway.stores.keys.remove(gone.id, undefined, TEST_CONTEXT);
    await expect(change(gone.id, 'http', TOKEN)).rejects.toMatchObject({ code: 'key-deleted' });
  });
});
