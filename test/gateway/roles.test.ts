import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/runningGateway.ts';
import { startGateway } from '../../src/gateway.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { openStores } from '../../src/stores/stores.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

// A server whose streams stay open until someone cuts them.
const upstream = createServer((req, res) => {
  req.resume();
  res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
});

const opened = new AsyncDisposableStack();
let gateway: TestGateway;
let replicas: readonly { readonly url: string }[];

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  opened.defer(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  gateway = opened.use(await startTestGateway());
  const logger = createLogger('error');
  const settings = { ...gateway.settings, port: 0 };
  const stores = opened.use(await openStores({ settings, logger, applicationName: 'metamcp second gateway' }));
  const second: Gateway = opened.use(await startGateway({ settings, stores, logger }));
  replicas = [gateway, second];
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`;
  for (const name of ['github', 'jira', 'wiki']) await gateway.addServer(name, url);
});
afterAll(() => opened.disposeAsync());

const open = ({ url }: { readonly url: string }, apiKey: string, server: string) =>
  fetch(`${url}/mcp/${server}`, { headers: { 'x-api-key': apiKey, accept: 'text/event-stream' } });

/** The statuses that the replicas answer with. */
async function statuses(apiKey: string, server: string): Promise<number[]> {
  const answers = await Promise.all(replicas.map((replica) => open(replica, apiKey, server)));
  for (const answer of answers) await answer.body?.cancel();
  return answers.map(({ status }) => status);
}

let count = 0;
/** Makes a role and keys that have it, and nothing of their own. */
async function team({ grants = ['github'], keys = 2 } = {}) {
  const name = `team-${String((count += 1))}`;
  const { roles, keys: administration } = gateway.stores;
  await roles.create(name, { scopes: ['mcp', 'servers:read'], grants }, TEST_CONTEXT);
  const held = await roles.find([name]);
  const made = await Promise.all(
    Array.from({ length: keys }, () =>
      administration.create({ name, scopes: [], grants: [], roles: held }, TEST_CONTEXT),
    ),
  );
  return { name, held, made };
}

const change = (name: string, grants: readonly string[]) =>
  gateway.stores.roles.change(name, (role) => ({ ...role, grants }), TEST_CONTEXT);

describe('a role', () => {
  it('gives a server to all keys that have it, on every gateway, by one change [auth-roles]', async () => {
    const { name, made } = await team();
    for (const { apiKey } of made) {
      expect([await statuses(apiKey, 'github'), await statuses(apiKey, 'wiki')]).toEqual([
        [200, 200],
        [404, 404],
      ]);
    }
    const result = await change(name, ['github', 'wiki']);
    expect(result).toMatchObject({ changed: true, unconfirmed: [], pending: undefined });
    for (const { apiKey } of made) expect(await statuses(apiKey, 'wiki')).toEqual([200, 200]);
  });

  it('that is narrowed cuts what is open by it on every gateway before the command reports, and nothing else [auth-roles-enforced]', async () => {
    const { name, made, held } = await team({ grants: ['github', 'jira'] });
    const [first, second] = made;
    if (first === undefined || second === undefined) throw new Error('two keys were made');
    // One that has the same of its own.
    const own = await gateway.stores.keys.create(
      { name: 'own', scopes: ['mcp'], grants: ['jira'], roles: held },
      TEST_CONTEXT,
    );
    const cut = await Promise.all(
      [first, second].flatMap(({ apiKey }) => replicas.map((each) => open(each, apiKey, 'jira'))),
    );
    const kept = [await open(replicas[0]!, own.apiKey, 'jira'), await open(replicas[1]!, first.apiKey, 'github')];
    expect([...cut, ...kept].map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await change(name, ['github'])).toMatchObject({ changed: true, unconfirmed: [] });
    expect(await statuses(first.apiKey, 'jira')).toEqual([404, 404]);
    for (const stream of cut) expect(await stream.text()).toContain('"error"');
    for (const stream of kept) {
      const reader = stream.body?.getReader();
      await reader?.read();
      expect(await Promise.race([reader?.read().then(() => 'ended'), Promise.resolve('open')])).toBe('open');
      await reader?.cancel();
    }
  });

  it('that is narrowed in its scopes takes them from tokens, too [auth-roles-enforced]', async () => {
    const { name, made } = await team({ keys: 1 });
    const token = await gateway.token(made[0]!.apiKey);
    const list = async () =>
      (await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await list()).toBe(200);
    await gateway.stores.roles.change(name, (role) => ({ ...role, scopes: ['mcp'] }), TEST_CONTEXT);
    expect(await list()).toBe(403);
  });

  it('that is deleted gives nothing, and one that takes over its name is not had by its keys [auth-roles-bound]', async () => {
    const { name, made } = await team({ keys: 1 });
    const [{ id, apiKey } = { id: '', apiKey: '' }] = made;
    const stream = await open(gateway, apiKey, 'github');
    const { roles, db } = gateway.stores;
    expect(await roles.remove(name, 'over', TEST_CONTEXT)).toMatchObject({ changed: true, unconfirmed: [] });
    expect(await stream.text()).toContain('"error"');
    expect(await statuses(apiKey, 'github')).toEqual([403, 403]);
    await roles.create(name, { scopes: ['mcp'], grants: ['*'] }, TEST_CONTEXT);
    expect(await statuses(apiKey, 'github')).toEqual([403, 403]);
    expect(await findKey(db, id)).toMatchObject({ roles: [{ name, lost: 'deleted', grants: [] }] });
  });

  it('is taken from a key, which cuts what it has open by it [auth-roles-enforced]', async () => {
    const { made } = await team({ keys: 1 });
    const [{ id, apiKey } = { id: '', apiKey: '' }] = made;
    const stream = await open(replicas[1]!, apiKey, 'github');
    await gateway.stores.keys.changeAccess(id, (current) => ({ ...current, roles: [] }), TEST_CONTEXT);
    expect(await stream.text()).toContain('"error"');
    expect(await statuses(apiKey, 'github')).toEqual([403, 403]);
  });

  it('goes over to the successor of a key that is rotated [auth-roles]', async () => {
    const { made } = await team({ keys: 1 });
    const successor = await gateway.stores.keys.rotate(made[0]!.id, 0, TEST_CONTEXT);
    expect(await statuses(successor.apiKey, 'github')).toEqual([200, 200]);
  });

  it('that is narrowed while the read tables stand still gives nothing until they follow [auth-roles-enforced]', async () => {
    const { name, made } = await team({ grants: ['github', 'jira'], keys: 1 });
    const [{ apiKey } = { apiKey: '' }] = made;
    expect(await statuses(apiKey, 'jira')).toEqual([200, 200]);
    await gateway.stores.db.transaction(async (tx) => {
      // No pump, of whatever process, gets the checkpoints.
      await tx.query<{ projection: string }>(sql`select projection from checkpoints for update`);
      const result = await change(name, ['github']);
      expect(result.pending).toMatch(/It is in force, but lists show the state before it/);
      expect(await statuses(apiKey, 'jira')).toEqual([403, 403]);
    });
    await expect.poll(() => statuses(apiKey, 'github')).toEqual([200, 200]);
    expect(await statuses(apiKey, 'jira')).toEqual([404, 404]);
  });

  it('that nobody has can’t be given to a key [auth-roles]', async () => {
    await expect(gateway.stores.roles.find(['nobody'])).rejects.toMatchObject({ code: 'role-not-found' });
  });
});
