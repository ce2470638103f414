import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseApiKey } from '../../src/auth/keyFormat.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { uuidV5 } from '../../src/ids.ts';
import { sql } from '../../src/postgres/sql.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { vaultKeysOf } from '../support/vaultKeysOf.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const works = async (apiKey: string) =>
  (await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': apiKey } })).status === 200;

describe('creating a key', () => {
  it('is readable when it is reported, and the key works [projections-read-your-writes]', async () => {
    const { keys, db } = gateway.stores;
    const made = await keys.create({ name: 'k', scopes: ['servers:read'], grants: ['*'] }, TEST_CONTEXT);
    expect(made).toMatchObject({ name: 'k', revision: 0, changed: true, unconfirmed: [] });
    expect(parseApiKey(made.apiKey)?.id).toBe(made.id);
    expect(await findKey(db, made.id)).toMatchObject({ name: 'k', status: 'active', revision: 0 });
    expect(await works(made.apiKey)).toBe(true);
  });
  it('leaves its secret nowhere: not in the events, not in the tables [auth-secret-nowhere]', async () => {
    const { keys, db, events } = gateway.stores;
    const { id, apiKey } = await keys.create({ name: 'k', scopes: [], grants: [] }, TEST_CONTEXT);
    const { secret = '' } = parseApiKey(apiKey) ?? {};
    const history = JSON.stringify(
      await Array.fromAsync(events.readStream(apiKeyStream(id))),
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    );
    const row = JSON.stringify(await findKey(db, id));
    for (const text of [history, row]) {
      expect(text).toContain('"box"');
      expect(text).not.toContain(secret);
    }
  });
  it('leaves no data key behind when it is refused', async () => {
    const { keys } = gateway.stores;
    const count = async () => (await gateway.stores.db.query<{ id: string }>(sql`select id from vault_keys`)).length;
    const before = await count();
    const past = { name: 'k', scopes: [], grants: [], expiresAt: '2000-01-01T00:00:00.000Z' };
    await expect(keys.create(past, TEST_CONTEXT)).rejects.toMatchObject({ code: 'expiry-in-past' });
    expect(await count()).toBe(before);
  });
});

describe('deleting a key', () => {
  it('shreds its data key before it is reported [auth-shredding]', async () => {
    const { keys, db } = gateway.stores;
    const { id, apiKey } = await keys.create({ name: 'k', scopes: ['servers:read'], grants: ['*'] }, TEST_CONTEXT);
    expect(await vaultKeysOf(db, apiKeyStream(id))).toHaveLength(1);
    await keys.remove(id, 'test', TEST_CONTEXT);
    expect(await vaultKeysOf(db, apiKeyStream(id))).toEqual([]);
    expect(await findKey(db, id)).toMatchObject({ status: 'deleted', sealed: null });
    expect(await works(apiKey)).toBe(false);
  });
});

describe('rotating a key', () => {
  const create = () => gateway.stores.keys.create({ name: 'k', scopes: ['servers:read'], grants: ['*'] }, TEST_CONTEXT);

  it('makes a successor with the same access and ends the old key [auth-rotation-grace]', async () => {
    const { id, apiKey } = await create();
    const successor = await gateway.stores.keys.rotate(id, 0, TEST_CONTEXT);
    expect(successor).toMatchObject({ name: 'k', rotatedFrom: id });
    expect([await works(apiKey), await works(successor.apiKey)]).toEqual([false, true]);
    expect(await findKey(gateway.stores.db, id)).toMatchObject({ status: 'rotated', successorId: successor.id });
    await expect(gateway.stores.keys.rotate(id, 0, TEST_CONTEXT)).rejects.toMatchObject({
      code: 'key-already-rotated',
    });
  });
  it('leaves no successor behind when the grace ends beyond the year 9999 [events-checked-where-made]', async () => {
    const { keys, events } = gateway.stores;
    const { id, apiKey } = await create();
    // The end of the store is not ours alone.
    const before = await Array.fromAsync(events.readAll());
    const refused = keys.rotate(id, 8_000 * 365 * 86_400_000, TEST_CONTEXT);
    await expect(refused).rejects.toMatchObject({ kind: 'invalid', code: 'time-out-of-range' });
    expect(await Array.fromAsync(events.readAll())).toEqual(before);
    expect(await works(apiKey)).toBe(true);
  });
  it('is finished by a second run when the first was cut off in between, with the same successor [auth-rotation-finishes]', async () => {
    const { keys, events } = gateway.stores;
    const { id, apiKey } = await create();
    // What a crash leaves behind: the successor is there, the old key is not marked yet.
    const successorId = uuidV5(`${id}@0`);
    const append = events.append.bind(events);
    const cutOff = new Error('crash');
    events.append = (stream, ...rest) =>
      stream === apiKeyStream(id) ? Promise.reject(cutOff) : append(stream, ...rest);
    await expect(keys.rotate(id, 0, TEST_CONTEXT)).rejects.toBe(cutOff);
    events.append = append;
    await gateway.stores.projections.pump();
    expect(await findKey(gateway.stores.db, successorId)).toMatchObject({ status: 'active', rotatedFrom: id });
    expect(await works(apiKey)).toBe(true);

    const finished = await keys.rotate(id, 0, TEST_CONTEXT);
    expect(finished.id).toBe(successorId);
    expect([await works(apiKey), await works(finished.apiKey)]).toEqual([false, true]);
  });
  it('by two administrators at once gives both the same successor [auth-rotation-finishes]', async () => {
    const { id } = await create();
    const [one, two] = await Promise.all(
      [1, 2].map(() => gateway.stores.keys.rotate(id, 0, TEST_CONTEXT).catch(String)),
    );
    const made = [one, two].filter((result) => typeof result === 'object');
    expect(made.length).toBeGreaterThanOrEqual(1);
    expect(new Set(made.map(({ apiKey }) => apiKey)).size).toBe(1);
  });
});

describe('an outage after a key was stored', () => {
  it('does not take its secret along', async () => {
    const { keys, projections } = gateway.stores;
    const pump = projections.pump.bind(projections);
    projections.pump = () => Promise.reject(new Unavailable('database-unavailable', 'PostgreSQL can’t be reached.'));
    const made = await keys.create({ name: 'k', scopes: ['servers:read'], grants: ['*'] }, TEST_CONTEXT);
    projections.pump = pump;
    expect(made.pending).toContain('PostgreSQL can’t be reached');
    await projections.pump();
    expect(await works(made.apiKey)).toBe(true);
  });
});
