import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { credentialFaults, credentialsFor } from '../../src/administration/credentialFaults.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { findServer } from '../../src/projections/tables/mcpServers.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { keyCredentials, type KeyCredentials } from './keyCredentials.ts';

let gateway: TestGateway;
let give: KeyCredentials['give'];
let tokenAt: KeyCredentials['tokenAt'];
let successorsOf: KeyCredentials['successorsOf'];
beforeAll(async () => {
  gateway = await startTestGateway();
  ({ give, tokenAt, successorsOf } = keyCredentials(gateway));
  for (const name of ['one', 'two']) await gateway.addServer(name, `http://127.0.0.1:1/${name}`);
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('a credential that can’t be read', () => {
  /** Gives a key credentials of which the one for `one` is damaged, or that of another server. */
  async function damaged(how: 'damaged' | 'of another server') {
    const { vault } = gateway.stores;
    const { id } = await gateway.createKey();
    await give(id, 'two', 'whole');
    const seal = vault.seal.bind(vault);
    vault.seal = async (dek, stream, value) => {
      if (how === 'of another server') return seal(dek, stream, { ...value, server: 'two' });
      const sealed = await seal(dek, stream, value);
      return { ...sealed, box: `${sealed.box.slice(0, -8)}AAAAAAAA` };
    };
    try {
      await gateway.stores.credentials.change(
        id,
        'one',
        () => ({ secrets: { headers: { 'x-token': 'lost', 'x-more': 'lost' }, env: {} } }),
        TEST_CONTEXT,
      );
    } finally {
      vault.seal = seal;
    }
    return id;
  }

  test.each(['damaged', 'of another server'] as const)(
    'is not handed on: the rotation says which it is, and leaves nothing behind (%s) [auth-key-credentials]',
    async (how) => {
      const id = await damaged(how);
      const before = await findKey(gateway.stores.db, id);
      const refused = gateway.stores.keys.rotate(id, 0, TEST_CONTEXT);
      await expect(refused).rejects.toMatchObject({
        kind: 'refused',
        code: 'credential-unreadable',
        data: { servers: ['one'] },
      });
      await expect(refused).rejects.toThrow(`servers credential one --key ${id.slice(-8)} --unset-all`);
      expect(await successorsOf(id)).toEqual([]);
      expect(await findKey(gateway.stores.db, id)).toEqual(before);
    },
  );

  test.each(['damaged', 'of another server'] as const)(
    'shows as that with the key and the server (%s)',
    async (how) => {
      const id = await damaged(how);
      const { db, vault } = gateway.stores;
      const row = await findKey(db, id);
      expect(row && [...(await credentialFaults({ db, vault }, row))]).toEqual([['one', 'unreadable']]);
      const server = await findServer(db, 'one');
      const found = server && (await credentialsFor({ db, vault }, server));
      expect(found?.find(({ keyId }) => keyId === id)).toMatchObject({ fault: 'unreadable', outdated: false });
    },
  );

  test('is taken out, all of it, and the key is rotated then', async () => {
    const id = await damaged('damaged');
    expect(await give(id, 'one', undefined)).toMatchObject({ headers: [], changed: true });
    const rotated = await gateway.stores.keys.rotate(id, 0, TEST_CONTEXT);
    expect(await tokenAt(rotated.id, 'two')).toBe('whole');
  });

  test('is replaced, all of it or in the parts that it is named by, and the key is rotated then', async () => {
    const id = await damaged('of another server');
    const { credentials, keys } = gateway.stores;
    const half = credentials.change(
      id,
      'one',
      ({ headers, env }) => ({ secrets: { headers: { ...headers, 'x-token': 'new' }, env } }),
      TEST_CONTEXT,
    );
    await expect(half).rejects.toMatchObject({ code: 'credential-unreadable', data: { headers: ['x-more'] } });
    await expect(half).rejects.toThrow('x-more');
    const seen: string[] = [];
    await credentials.change(
      id,
      'one',
      ({ headers: { 'x-more': _gone, ...others }, env }) => {
        seen.push(...Object.values(others));
        return { secrets: { headers: { ...others, 'x-token': 'new' }, env } };
      },
      TEST_CONTEXT,
    );
    expect(seen.join()).not.toContain('lost');
    expect(await tokenAt(id, 'one')).toBe('new');
    const rotated = await keys.rotate(id, 0, TEST_CONTEXT);
    expect([await tokenAt(rotated.id, 'one'), await tokenAt(rotated.id, 'two')]).toEqual(['new', 'whole']);
  });
});

describe('a credential for a server that is gone', () => {
  async function left(server: string) {
    const { id } = await gateway.createKey();
    await gateway.addServer(server, 'http://127.0.0.1:1/gone');
    await give(id, server, 'old');
    await gateway.stores.servers.remove(server, undefined, TEST_CONTEXT);
    return id;
  }

  test('is taken out, and can’t be changed otherwise', async () => {
    const id = await left('gone');
    await expect(give(id, 'gone', 'new')).rejects.toMatchObject({ code: 'server-not-found' });
    expect(await give(id, 'gone', undefined)).toMatchObject({ headers: [], env: [], changed: true });
    expect(await findKey(gateway.stores.db, id)).toMatchObject({ credentials: [] });
    await expect(give(id, 'gone', undefined)).rejects.toMatchObject({ code: 'server-not-found' });
  });

  test('is not handed on, and no obstacle when nobody can read it', async () => {
    const { vault } = gateway.stores;
    const seal = vault.seal.bind(vault);
    vault.seal = async (...args) => ({ ...(await seal(...args)), box: 'AAAA' });
    const id = await left('gone-too').finally(() => (vault.seal = seal));
    const rotated = await gateway.stores.keys.rotate(id, 0, TEST_CONTEXT);
    expect(await findKey(gateway.stores.db, rotated.id)).toMatchObject({ credentials: [] });
  });

  test('is none of a server that is registered anew under the name, nor of the successor there [auth-key-credentials]', async () => {
    const id = await left('anew');
    await gateway.addServer('anew', 'http://127.0.0.1:1/gone');
    expect(await tokenAt(id, 'anew')).toBeUndefined();
    const rotated = await gateway.stores.keys.rotate(id, 60_000, TEST_CONTEXT);
    expect(await findKey(gateway.stores.db, rotated.id)).toMatchObject({ credentials: [] });
    expect(await give(id, 'anew', undefined)).toMatchObject({ changed: true });
    expect(await findKey(gateway.stores.db, id)).toMatchObject({ credentials: [] });
  });
});
