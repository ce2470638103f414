import { describe, expect, it } from 'vitest';
import { CLIENT_NAMES } from '../../cli/clients/clientNames.ts';
import { parseApiKey } from '../../src/auth/keyFormat.ts';
import { uuidV5 } from '../../src/ids.ts';
import { openConnection } from '../../src/postgres/connection.ts';
import { announceReplica } from '../../src/live/replicas.ts';
import { type Document } from './inProcess.ts';
import { cliFixture } from './cliFixture.ts';

const KEY = /mcp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/g;

const cli = cliFixture();

async function create(...options: string[]): Promise<Document> {
  const { code, document } = await cli.json(['keys', 'create', '--name', 'ci', ...options]);
  expect(code).toBe(0);
  return document;
}

async function show(id: string) {
  return (await cli.json(['keys', 'show', id])).document;
}

describe('keys create', () => {
  it('answers with the id, the name and the key itself, which can be read at once [cli-fields] [cli-json-document] [projections-read-your-writes]', async () => {
    const key = await create('--description', 'builds', '--expires-in', '90d');
    expect(key).toMatchObject({
      name: 'ci',
      status: 'active',
      scopes: ['mcp', 'servers:read'],
      grants: ['*'],
      unconfirmed: [],
    });
    expect(parseApiKey(key.api_key)?.id).toBe(key.id);
    const shown = await show(key.id);
    expect(shown).toMatchObject({ id: key.id, name: 'ci', description: 'builds', status: 'active', revision: 0 });
    const days = (Date.parse(shown.expires_at) - Date.parse(shown.created_at)) / 86_400_000;
    expect(days).toBeCloseTo(90, 1);
  });

  it('takes scopes and grants, repeated or separated by commas, each once', async () => {
    const key = await create('--scope', 'mcp,keys:read', '--scope', 'mcp', '--grant', 'github:search_*, jira');
    expect(await show(key.id)).toMatchObject({ scopes: ['mcp', 'keys:read'], grants: ['github:search_*', 'jira'] });
  });

  it('shows a person the secret once, and where each client wants it [auth-secret-nowhere] [cli-snippet-whole]', async () => {
    await cli.run(['servers', 'add', 'echo', '--url', 'http://127.0.0.1:1/mcp']);
    const { code, stdout, stderr } = await cli.run(['keys', 'create', '--name', 'laptop']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(KEY)).toHaveLength(1);
    expect(stdout).toContain("claude mcp add --transport http metamcp 'http://127.0.0.1:12009/mcp' --header");
    // What a client needs is a command away, so that no snippet is broken at the edge of the terminal.
    const lines = stdout.split('\n');
    for (const name of CLIENT_NAMES) expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${name} +\\S`)));
  });

  it('names the one URL of the gateway as it is configured', async () => {
    const env = { SERVER_HOST: '0.0.0.0', SERVER_PORT: '8080' };
    const { document } = await cli.json(['keys', 'create', '--name', 'ci', '--grant', 'github'], { env });
    expect(document.url).toBe('http://127.0.0.1:8080/mcp');
  });

  it('never shows the secret again [auth-secret-nowhere]', async () => {
    const { id, api_key } = await create();
    const secret = api_key.slice(-49);
    for (const argv of [
      ['keys', 'show', id],
      ['keys', 'list'],
      ['keys', 'inactivate', id],
      ['keys', 'rotate', id],
    ]) {
      const text = await cli.run(argv);
      const json = await cli.run(['--json', ...argv]);
      expect(text.stdout + text.stderr + json.stdout + json.stderr).not.toContain(secret);
    }
  });
});

describe('keys', () => {
  it('keep the reason of a change of access and of a rotation in the history [events-attributed]', async () => {
    const { id } = await create();
    await cli.json(['keys', 'access', id, '--grant', 'github', '--reason', 'narrower']);
    await cli.json(['keys', 'rotate', id, '--reason', 'yearly']);
    expect((await show(id)).history).toMatchObject([
      { type: 'ApiKeyCreated' },
      { type: 'ApiKeyAccessChanged', data: { reason: 'narrower' } },
      { type: 'ApiKeyRotated', data: { reason: 'yearly' } },
    ]);
  });
  it('are inactivated and activated, with the reason, the actor and one correlation id per command in the history [events-attributed]', async () => {
    const { id } = await create();
    const off = await cli.json(['keys', 'inactivate', id, '--reason', 'lost']);
    expect(off).toMatchObject({ code: 0, document: { id, status: 'inactive', changed: true, unconfirmed: [] } });
    expect((await cli.json(['keys', 'inactivate', id])).document).toMatchObject({ changed: false });
    expect((await cli.json(['keys', 'activate', id, '--reason', 'found'])).document).toMatchObject({
      status: 'active',
    });
    expect(await cli.run(['keys', 'activate', id])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('already'),
    });
    const { history } = await show(id);
    expect(history).toMatchObject([
      { type: 'ApiKeyCreated', actor: expect.stringMatching(/^cli:[^@]+@.+/) },
      { type: 'ApiKeyInactivated', data: { reason: 'lost' } },
      { type: 'ApiKeyActivated', data: { reason: 'found' } },
    ]);
    expect(new Set(history.map((event) => event.correlation_id)).size).toBe(3);
  });

  it('change only that part of their access that is given', async () => {
    const { id } = await create('--scope', 'mcp', '--grant', 'github', '--expires-in', '30d');
    const { expires_at } = await show(id);
    expect((await cli.json(['keys', 'access', id, '--grant', 'jira'])).document).toMatchObject({
      scopes: ['mcp'],
      grants: ['jira'],
      expires_at,
      changed: true,
    });
    const endless = (await cli.json(['keys', 'access', id, '--never-expires', '--scope', 'audit:read'])).document;
    expect(endless).toMatchObject({ scopes: ['audit:read'], grants: ['jira'] });
    expect(endless).not.toHaveProperty('expires_at');
    expect((await cli.run(['keys', 'access', id, '--scope', 'audit:read'])).stdout).toContain('already has');
  });

  it('keep both changes when two are made at once', async () => {
    const { id } = await create('--scope', 'mcp', '--grant', 'github');
    const codes = await Promise.all([
      cli.run(['keys', 'access', id, '--scope', 'audit:read']),
      cli.run(['keys', 'access', id, '--grant', 'jira']),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([0, 0]);
    expect(await show(id)).toMatchObject({ scopes: ['audit:read'], grants: ['jira'] });
  });

  it('are rotated into a successor with the same access, and work on for the grace given', async () => {
    const { id } = await create('--description', 'builds', '--grant', 'github');
    const { document } = await cli.json(['keys', 'rotate', id, '--grace', '24h']);
    expect(document).toMatchObject({ name: 'ci', description: 'builds', grants: ['github'], rotated_from: id });
    expect(parseApiKey(document.api_key)?.id).toBe(document.id);
    const hours = (Date.parse(document.old_key_valid_until) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(24, 1);
    expect(await show(id)).toMatchObject({
      status: 'rotated',
      successor_id: document.id,
      valid_until: document.old_key_valid_until,
    });
    const text = await cli.run(['keys', 'rotate', document.id]);
    expect(text.stdout).toContain('works no longer');
    expect(text.stdout.match(KEY)).toHaveLength(1);
    expect(await cli.json(['keys', 'rotate', id])).toMatchObject({
      code: 1,
      document: { error: { code: 'key-already-rotated' } },
    });
  });

  it('are deleted for good, and only with --confirm [cli-confirm] [projections-key-history]', async () => {
    const { id } = await create();
    expect(await cli.run(['keys', 'delete', id])).toMatchObject({ code: 2 });
    expect(await show(id)).toMatchObject({ status: 'active' });
    expect(await cli.json(['keys', 'delete', id, '--confirm', '--reason', 'gone'])).toMatchObject({
      code: 0,
      document: { id, status: 'deleted', changed: true },
    });
    expect(await cli.json(['keys', 'activate', id])).toMatchObject({
      code: 1,
      document: { error: { code: 'key-deleted' } },
    });
    expect((await show(id)).history.at(-1)).toMatchObject({ type: 'ApiKeyDeleted', data: { reason: 'gone' } });
  });

  it('that do not exist are not found [cli-exit-codes]', async () => {
    const nobody = '00000000-0000-7000-8000-000000000000';
    for (const id of [nobody, '000', 'not-an-id', '%', "'; drop table api_keys --"]) {
      expect(await cli.json(['keys', 'show', id])).toMatchObject({
        code: 1,
        document: { error: { code: 'key-not-found' } },
      });
    }
    const { code, stdout, stderr } = await cli.run(['keys', 'inactivate', nobody]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: There is no key with this name or id/);
  });

  it('are found by a beginning of their id that no other has, and else the candidates are named [cli-id-prefix]', async () => {
    const [a, b] = [await create(), await create()];
    const all = await cli.list(['keys', 'list', '--include-inactive']);
    const others = all.map(({ id }) => id).filter((id) => id !== a.id);
    let length = 4;
    while (others.some((id) => id.startsWith(a.id.slice(0, length)))) length += 1;
    expect((await show(a.id.slice(0, length))).id).toBe(a.id);
    expect((await show(a.id.slice(0, length - 1))).error.code).toBe('key-ambiguous');
    expect((await show(b.id.toUpperCase().replaceAll('-', ''))).id).toBe(b.id);
    const { code, document } = await cli.json(['keys', 'inactivate', a.id.slice(0, 4)]);
    expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'key-ambiguous' });
    expect(document.error.data.candidates.length).toBeGreaterThan(1);
    const { stderr } = await cli.run(['keys', 'show', a.id.slice(0, 4)]);
    expect(stderr).toContain(`(${document.error.data.candidates[0]!.id.slice(-8)})`);
    expect((await show(a.id)).status).toBe('active');
  });

  it('report truthfully which gateway did not confirm a change [auth-revocation-replicas] [cli-stdout-is-the-answer]', async () => {
    const { id } = await create();
    await using hung = await openConnection({ url: cli.database.url, applicationName: 'a gateway that hangs' });
    await announceReplica(hung, 'replica-b');
    const json = await cli.json(['keys', 'inactivate', id]);
    expect(json).toMatchObject({ code: 0, stderr: '', document: { status: 'inactive', unconfirmed: ['replica-b'] } });
    const text = await cli.run(['keys', 'activate', id]);
    expect(text.code).toBe(0);
    expect(text.stderr).toMatch(/^warning: .*replica-b/);
  });
});

it('a database that belongs to another ENCRYPTION_KEY is not written to [auth-wrong-encryption-key]', async () => {
  const env = { ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };
  const { code, document } = await cli.json(['keys', 'create', '--name', uuidV5('nobody')], { env });
  expect({ code, error: document.error.code }).toEqual({ code: 2, error: 'encryption-key-mismatch' });
  expect((await cli.run(['keys', 'list'])).stdout).not.toContain(uuidV5('nobody'));
});
