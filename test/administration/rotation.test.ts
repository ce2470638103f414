import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { keyCredentials, type KeyCredentials } from './keyCredentials.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

let gateway: TestGateway;
let give: KeyCredentials['give'];
let tokenAt: KeyCredentials['tokenAt'];
let successorsOf: KeyCredentials['successorsOf'];
let replica: Stores;
let append: Stores['events']['append'];
beforeAll(async () => {
  gateway = await startTestGateway();
  ({ give, tokenAt, successorsOf } = keyCredentials(gateway));
  for (const name of ['one', 'two', 'three']) await gateway.addServer(name, `http://127.0.0.1:1/${name}`);
  const { settings } = gateway;
  replica = await openStores({ settings, logger: createLogger('silent'), applicationName: 'metamcp test replica' });
  append = gateway.stores.events.append.bind(gateway.stores.events);
});
afterEach(() => {
  gateway.stores.events.append = append;
});
afterAll(async () => {
  await replica[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

async function works(apiKey: string): Promise<boolean> {
  return (await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': apiKey } })).status === 200;
}

const KILLED = new Error('killed');

/** Ends the process, as it were, behind so many appends to the streams of keys. */
function killAfter(appends: number): void {
  let left = appends;
  gateway.stores.events.append = (stream, ...rest) => {
    if (left-- <= 0) return Promise.reject(KILLED);
    return append(stream, ...rest);
  };
}

describe('a rotation that is killed', () => {
  // The successor, its two credentials; the fourth append marks the old key.
  test.each([0, 1, 2, 3])(
    'after %i appends is finished by the same command, with what the key has by then [auth-rotation-finishes]',
    async (appends) => {
      const { keys } = gateway.stores;
      const { id, apiKey } = await gateway.createKey({ scopes: ['servers:read', 'mcp'] });
      await give(id, 'one', 'first');
      await give(id, 'two', 'withdrawn');
      killAfter(appends);
      await expect(keys.rotate(id, 0, TEST_CONTEXT)).rejects.toBe(KILLED);
      gateway.stores.events.append = append;
      await gateway.stores.projections.pump();
      const before = await successorsOf(id);
      expect(before).toHaveLength(Math.min(appends, 1));
      expect(await works(apiKey)).toBe(true);

      await give(id, 'one', 'second');
      await give(id, 'two', undefined);
      await give(id, 'three', 'added');
      await keys.changeAccess(id, () => ({ scopes: ['servers:read'], grants: ['one'] }), TEST_CONTEXT);
      const rotated = await keys.rotate(id, 0, TEST_CONTEXT);
      expect(await successorsOf(id)).toEqual([rotated.id]);
      if (before.length > 0) expect(before).toEqual([rotated.id]);
      expect(await findKey(gateway.stores.db, rotated.id)).toMatchObject({
        status: 'active',
        scopes: ['servers:read'],
        grants: ['one'],
        credentials: [{ server: 'one' }, { server: 'three' }],
      });
      expect([await tokenAt(rotated.id, 'one'), await tokenAt(rotated.id, 'three')]).toEqual(['second', 'added']);
      expect([await works(apiKey), await works(rotated.apiKey)]).toEqual([false, true]);
    },
  );

  test('behind its last append is over: the refusal names the successor, which can be rotated in turn', async () => {
    const { keys } = gateway.stores;
    const { id } = await gateway.createKey();
    const lost = await keys.rotate(id, 0, TEST_CONTEXT);
    const again = keys.rotate(id, 0, TEST_CONTEXT);
    await expect(again).rejects.toMatchObject({ code: 'key-already-rotated', data: { successorId: lost.id } });
    await expect(again).rejects.toThrow(`keys rotate ${lost.id}`);
    expect(await works((await keys.rotate(lost.id, 0, TEST_CONTEXT)).apiKey)).toBe(true);
  });

  test.each(['inactivated', 'deleted', 'rotated'] as const)(
    'and whose successor is %s meanwhile makes another one',
    async (what) => {
      const { keys } = gateway.stores;
      const { id } = await gateway.createKey({ scopes: ['servers:read'] });
      killAfter(1);
      await expect(keys.rotate(id, 0, TEST_CONTEXT)).rejects.toBe(KILLED);
      gateway.stores.events.append = append;
      await gateway.stores.projections.pump();
      const [first = ''] = await successorsOf(id);
      if (what === 'inactivated') await keys.inactivate(first, undefined, TEST_CONTEXT);
      else if (what === 'deleted') await keys.remove(first, undefined, TEST_CONTEXT);
      else await keys.rotate(first, 0, TEST_CONTEXT);
      const rotated = await keys.rotate(id, 0, TEST_CONTEXT);
      expect(rotated.id).not.toBe(first);
      expect(await works(rotated.apiKey)).toBe(true);
    },
  );
});

describe('a rotation during which the key is changed', () => {
  const CHANGES: Record<string, (id: string) => Promise<unknown>> = {
    'gets another credential': (id) => give(id, 'one', 'late'),
    'loses a credential': (id) => give(id, 'one', undefined),
    'gets its first credential for a server': (id) => give(id, 'two', 'late'),
    'loses access': (id) =>
      gateway.stores.keys.changeAccess(id, () => ({ scopes: ['mcp'], grants: ['one'] }), TEST_CONTEXT),
  };
  test.each(Object.keys(CHANGES))(
    'hands on what is there when it is marked: it %s [auth-rotation-finishes]',
    async (what) => {
      const { id } = await gateway.createKey();
      await give(id, 'one', 'early');
      let isChanged = false;
      gateway.stores.events.append = async (stream, ...rest) => {
        const [, events] = rest;
        if (!isChanged && stream === apiKeyStream(id) && events.some(({ type }) => type === 'ApiKeyRotated')) {
          isChanged = true;
          await CHANGES[what]?.(id);
        }
        return append(stream, ...rest);
      };
      const rotated = await gateway.stores.keys.rotate(id, 60_000, TEST_CONTEXT);
      expect(isChanged).toBe(true);
      const { db } = gateway.stores;
      const [from, to] = [await findKey(db, id), await findKey(db, rotated.id)];
      expect(from?.successorId).toBe(rotated.id);
      expect(to).toMatchObject({ scopes: from?.scopes, grants: from?.grants });
      expect(to?.credentials.map(({ server }) => server)).toEqual(from?.credentials.map(({ server }) => server));
      for (const { server } of from?.credentials ?? []) {
        expect(await tokenAt(rotated.id, server)).toBe(await tokenAt(id, server));
      }
      expect(await successorsOf(id)).toEqual([rotated.id]);
    },
  );

  test('on two replicas at once, while its credentials change, makes one successor that has the last of them [auth-rotation-finishes]', async () => {
    const { id } = await gateway.createKey();
    await give(id, 'one', 'v0');
    const rotations = [gateway.stores, replica].map((stores) => stores.keys.rotate(id, 60_000, TEST_CONTEXT));
    const changes = (async () => {
      for (let n = 1; n <= 5; n++) await give(id, 'one', `v${String(n)}`, n % 2 === 0 ? gateway.stores : replica);
    })();
    const settled = await Promise.allSettled(rotations);
    await changes;
    const made = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ id: successor, apiKey }) => `${successor} ${apiKey}`)).size).toBe(1);
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'key-already-rotated' });
    }
    await gateway.stores.projections.pump();
    const [successor = '', ...others] = await successorsOf(id);
    expect(others).toEqual([]);
    // What was set before the key was marked is handed on; what was set later is the old key's alone.
    const history = await Array.fromAsync(gateway.stores.events.readStream(apiKeyStream(id)));
    const marked = history.findIndex(({ type }) => type === 'ApiKeyRotated');
    const set = history.slice(0, marked).filter(({ type }) => type === 'ApiKeyCredentialSet');
    expect(await tokenAt(successor, 'one')).toBe(`v${String(set.length - 1)}`);
  });
});
