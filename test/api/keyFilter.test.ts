import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { documentedApi, type DocumentedApi } from './documentedApi.ts';

let gateway: TestGateway;
let api: DocumentedApi;
let credential: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  api = await documentedApi(gateway.url);
  credential = (await gateway.createKey({ scopes: ['keys:read', 'usage:read'] })).apiKey;
  const create = (name: string, tags: string[], owner?: string) =>
    gateway.stores.keys.create({ name, tags, owner, scopes: ['mcp'], grants: ['github:get_*'] }, TEST_CONTEXT);
  await create('b', ['env=prod', 'team=search'], 'alice');
  await create('a', ['team=search']);
  const { id } = await create('c', ['team=search']);
  await gateway.stores.keys.inactivate(id, undefined, TEST_CONTEXT);
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Listed {
  readonly items: readonly { readonly name: string; readonly tags?: readonly string[]; readonly owner?: string }[];
  readonly next_cursor?: string;
  readonly code?: string;
}

async function list(query: string): Promise<Listed> {
  return (await api.call('GET', `/api/v1/keys?${query}`, { credential })).body as unknown as Listed;
}
const names = async (query: string) => (await list(query)).items.map(({ name }) => name);

it('keys are listed by tag, owner, status, name and grant over REST, each with its labels [auth-labels]', async () => {
  expect((await list('tag=env=prod')).items).toMatchObject([
    { name: 'b', tags: ['env=prod', 'team=search'], owner: 'alice' },
  ]);
  expect(await names('tag=team=search')).toEqual(['b', 'a']);
  expect(await names('tag=team%3Dsearch&owner=Alice')).toEqual(['b']);
  expect(await names('tag=team=search&status=inactive')).toEqual(['c']);
  expect(await names('grant=github&name=A')).toEqual(['a']);
  const soon = new Date(Date.now() + 60_000).toISOString();
  expect(await names(`expires_before=${soon}`)).toEqual([]);
});

it('a sorted list goes on page by page, and its cursor is good for no other order [http-pages-complete]', async () => {
  const first = await list('tag=team=search&include_inactive=true&sort=name&limit=2');
  expect(first.items.map(({ name }) => name)).toEqual(['a', 'b']);
  const next = `cursor=${first.next_cursor ?? ''}`;
  expect(await names(`tag=team=search&include_inactive=true&sort=name&limit=2&${next}`)).toEqual(['c']);
  for (const sort of ['created', 'expires']) expect((await list(`sort=${sort}&${next}`)).code).toBe('page-invalid');
  expect(await names('tag=team=search&sort=last-used&limit=1')).toHaveLength(1);
});

it.each([
  ['tag=team', 'request-invalid'],
  ['owner=%20', 'request-invalid'],
  ['status=gone', 'request-invalid'],
  ['sort=colour', 'request-invalid'],
  ['unused_since=2001-01-01T00:00:00Z', 'usage-not-kept'],
])('%s is refused with a reason', async (query, code) => {
  expect((await list(query)).code).toBe(code);
});

it('usage is counted of the keys with a tag [auth-labels]', async () => {
  const { body } = await api.call('GET', '/api/v1/usage?tag=team=search&by=key', { credential });
  expect(body).toMatchObject({ items: [], total: { calls: 0 } });
});
