import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { documentedApi, type DocumentedApi } from './documentedApi.ts';

const EVENTS = '/api/v1/audit/events';

interface Item {
  readonly position: string;
  readonly type: string;
  readonly category: string;
  readonly subject: string;
  readonly revision: number;
  readonly at: string;
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
}

let gateway: TestGateway;
let api: DocumentedApi;
let auditor: string;
let subject: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  api = await documentedApi(gateway.url);
  auditor = (await gateway.createKey({ scopes: ['audit:read'], grants: [] })).apiKey;
  subject = (await gateway.createKey()).id;
  await gateway.addServer('github', 'http://127.0.0.1:9/mcp', { Authorization: 'Bearer hunter2' });
  await gateway.stores.keys.inactivate(subject, 'lost', { ...TEST_CONTEXT, actor: 'cli:ann@host' });
  await gateway.stores.servers.disable('github', undefined, TEST_CONTEXT);
  await gateway.stores.keys.remove(subject, 'gone', { ...TEST_CONTEXT, actor: 'cli:ann@host' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function list(query = '', path = EVENTS): Promise<Item[]> {
  const { status, body } = await api.call('GET', `${path}?${query}`, { credential: auditor });
  expect(status).toBe(200);
  return body.items as unknown as Item[];
}

const types = (items: readonly Item[]) => items.map(({ type }) => type);

describe('the audit trail over REST', () => {
  it('has every event of keys and servers in order, without their secrets, for a key with no grants at all [audit-rest]', async () => {
    const items = await list();
    expect(items).toMatchObject([
      { type: 'ApiKeyCreated', category: 'key', revision: 0 },
      { type: 'ApiKeyCreated', subject },
      { type: 'McpServerRegistered', category: 'server', subject: 'github', actor: 'system:test' },
      { type: 'ApiKeyInactivated', subject, revision: 1, actor: 'cli:ann@host', data: { reason: 'lost' } },
      { type: 'McpServerDisabled', subject: 'github' },
      { type: 'ApiKeyDeleted', subject, revision: 2, data: { reason: 'gone' } },
    ]);
    expect(JSON.stringify(items)).not.toMatch(/hunter2|sealed/);
    for (const { position } of items) expect(position).toMatch(/^\d+$/);
  });

  it('is filtered by subject, type, actor and time, all at once [audit-rest]', async () => {
    expect(types(await list(`subject=${subject.toUpperCase()}`))).toEqual([
      'ApiKeyCreated',
      'ApiKeyInactivated',
      'ApiKeyDeleted',
    ]);
    expect(types(await list('subject=github'))).toEqual(['McpServerRegistered', 'McpServerDisabled']);
    expect(types(await list('type=ApiKeyDeleted&type=McpServerDisabled'))).toEqual([
      'McpServerDisabled',
      'ApiKeyDeleted',
    ]);
    expect(types(await list('actor=cli:ann@host'))).toEqual(['ApiKeyInactivated', 'ApiKeyDeleted']);
    expect(types(await list(`actor=cli:ann@host&type=ApiKeyDeleted&subject=${subject}`))).toEqual(['ApiKeyDeleted']);
    expect(await list('subject=nowhere')).toEqual([]);
    const all = await list();
    const since = encodeURIComponent(all[3]!.at);
    expect(await list(`since=${since}`)).toEqual(all.filter(({ at }) => at >= all[3]!.at));
    expect(await list(`until=${since}`)).toEqual(all.filter(({ at }) => at < all[3]!.at));
    expect(await list(`since=${since}&until=${since}`)).toEqual([]);
    expect(await list('since=2100-01-01T00:00:00%2B01:00')).toEqual([]);
    expect(await list('until=2000-01-01T00:00:00Z')).toEqual([]);
    expect(await list('since=2000-01-01T00:00:00-07:30&until=2100-01-01T00:00:00Z')).toEqual(all);
  });

  it.each(['asc', 'desc'])(
    'is paged, complete and without repetition, in the order %s [audit-rest] [http-pages-complete]',
    async (order) => {
      const all = await list();
      const paged: Item[] = [];
      for (let query: string | undefined = ''; query !== undefined;) {
        const { body } = await api.call('GET', `${EVENTS}?order=${order}&limit=2${query}`, { credential: auditor });
        paged.push(...(body.items as unknown as Item[]));
        query = body['next_cursor'] === undefined ? undefined : `&cursor=${String(body['next_cursor'])}`;
      }
      expect(paged).toEqual(order === 'asc' ? all : all.toReversed());
    },
  );

  it.each([
    'subject=%00',
    "subject=x'--",
    'type=Nothing',
    'actor=',
    'actor=%00',
    'since=yesterday',
    'since=2026-01-01',
    'until=2026-01-01T00:00:00',
    'order=up',
    'limit=501',
    'cursor=OTk5OTk5OTk5OTk5OTk5OTk5OQ',
    'cursor=eA',
  ])('refuses %s', async (query) => {
    expect(await api.call('GET', `${EVENTS}?${query}`, { credential: auditor })).toMatchObject({ status: 400 });
  });

  it('says of a query as a whole that it is the query', async () => {
    const { status, body } = await api.call('GET', `${EVENTS}?subject=github&role=dev`, { credential: auditor });
    expect(status).toBe(400);
    expect(body).toMatchObject({ detail: 'The query can have a subject or a role, not both' });
  });

  it('has what was done about a history that can’t be read, with its key or server [audit-rest]', async () => {
    const { keys, events } = gateway.stores;
    const { id } = await gateway.createKey();
    const poison = { id: crypto.randomUUID(), type: 'ApiKeyAccessChanged', data: {}, metadata: {} };
    await events.append(`apiKey-${id}`, 0, [poison]);
    await keys.inactivate(id, 'broken', TEST_CONTEXT);
    expect(await list(`subject=${id}`)).toMatchObject([
      { type: 'ApiKeyCreated', subject: id },
      { type: 'StreamRetired', category: 'key', subject: id, data: { reason: 'broken' } },
    ]);
    expect(await list(`subject=${id}&order=desc&type=StreamRetired`)).toHaveLength(1);
  });

  it('narrows a key’s history in the same way', async () => {
    const path = `/api/v1/keys/${subject}/history`;
    const all = await list('', path);
    expect(types(all)).toEqual(['ApiKeyCreated', 'ApiKeyInactivated', 'ApiKeyDeleted']);
    expect(types(await list('type=ApiKeyDeleted', path))).toEqual(['ApiKeyDeleted']);
    expect(await list(`since=${all[1]!.at}`, path)).toEqual(all.slice(1));
    expect(await list(`until=${all[1]!.at}`, path)).toEqual(all.slice(0, 1));
  });
});
