import { beforeAll, describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../cli/commands/audit.ts';
import { apiKeyEvents } from '../../src/events/apiKey.ts';
import { mcpCatalogueEvents } from '../../src/events/mcpCatalogue.ts';
import { keyRoleEvents } from '../../src/events/keyRole.ts';
import { mcpServerEvents } from '../../src/events/mcpServer.ts';
import { streamRepairEvents } from '../../src/events/streamRepair.ts';
import { DANGEROUS, HOSTILE } from './hostileText.ts';
import { cliFixture } from './cliFixture.ts';

interface Event {
  readonly type: string;
  readonly at: string;
  readonly subject: string;
  readonly position: string;
  readonly changes: readonly object[];
}

const cli = cliFixture();
let key: string;
let successor: string;
let history: readonly Event[];
beforeAll(async () => {
  const created = ['--name', HOSTILE, '--scope', 'mcp', '--grant', 'github:search_*', '--expires-in', '90d'];
  key = (await cli.json(['keys', 'create', ...created])).document.id;
  await cli.run(['servers', 'add', 'github', '--url', 'http://127.0.0.1:9/mcp', '--header', 'Authorization: hunter2']);
  await cli.run(['keys', 'access', key, '--scope', 'mcp,audit:read', '--grant', 'github', '--never-expires']);
  await cli.run(['keys', 'inactivate', key, '--reason', HOSTILE]);
  await cli.run(['servers', 'disable', 'github', '--reason', 'broken']);
  await cli.run(['servers', 'enable', 'github']);
  await cli.run(['keys', 'activate', key]);
  successor = (await cli.json(['keys', 'rotate', key, '--grace', '1h'])).document.id;
  await cli.run(['keys', 'delete', key, '--confirm', '--reason', 'done']);
  history = (await cli.json(['audit', 'keys', key])).document.history as unknown as Event[];
});

/** When an event of the key happened. */
function when(type: string): string {
  return history.find((event) => event.type === type)!.at;
}

describe('audit keys', () => {
  it('has everything that ever happened to a key, what changed, and nothing that is secret [audit-key-history] [auth-secret-nowhere]', async () => {
    const { code, document, stderr } = await cli.json(['audit', 'keys', key]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(document).toMatchObject({ id: key, status: 'deleted' });
    expect(history).toMatchObject([
      {
        type: 'ApiKeyCreated',
        revision: 0,
        position: expect.stringMatching(/^\d+$/),
        actor: expect.stringMatching(/^cli:/),
        changes: [
          { what: 'scopes', to: 'mcp' },
          { what: 'grants', to: 'github:search_*' },
          { what: 'expires', to: expect.stringMatching(/Z$/) },
        ],
      },
      {
        type: 'ApiKeyAccessChanged',
        changes: [
          { what: 'scopes', from: 'mcp', to: 'mcp, audit:read' },
          { what: 'grants', from: 'github:search_*', to: 'github' },
          { what: 'expires', from: expect.stringMatching(/Z$/), to: 'never' },
        ],
      },
      { type: 'ApiKeyInactivated', data: { reason: HOSTILE }, changes: [] },
      { type: 'ApiKeyActivated', changes: [] },
      {
        type: 'ApiKeyRotated',
        changes: [
          { what: 'successor', to: successor },
          { what: 'works until', to: expect.any(String) },
        ],
      },
      { type: 'ApiKeyDeleted', data: { reason: 'done' }, changes: [] },
    ]);
    expect(JSON.stringify(document)).not.toMatch(/sealed|"box"/);
  });

  it('shows people when, what, who, why and what changed, and obeys no text of others [cli-hostile-text]', async () => {
    const { stdout } = await cli.run(['audit', 'keys', key.slice(0, 30)]);
    expect(stdout).toMatch(/WHEN +WHAT +BY +WHY +CHANGE/);
    expect(stdout).toMatch(
      /AccessChanged .*scopes mcp → mcp, audit:read; grants github:search_\* → github; expires .* → never/,
    );
    expect(stdout).toMatch(new RegExp(`successor .* \\(${successor.slice(-8)}\\); works until `));
    expect(stdout).not.toContain('\u001b');
    for (const line of stdout.split('\n')) expect(line).not.toMatch(DANGEROUS);
  });

  it('of nobody is refused', async () => {
    expect(await cli.json(['audit', 'keys', 'ffffffff'])).toMatchObject({
      code: 1,
      document: { error: { code: 'key-not-found' } },
    });
    expect((await cli.run(['audit', 'keys'])).code).toBe(2);
  });
});

describe('audit tail', () => {
  const types = async (...argv: string[]) =>
    ((await cli.list(['audit', 'tail', ...argv])) as unknown as Event[]).map(({ type }) => type);

  it('shows the last events, the newest last, filtered [audit-tail]', async () => {
    const all = await types();
    expect(all).toHaveLength(10);
    expect(all.at(-1)).toBe('ApiKeyDeleted');
    expect(await types('-n', '2')).toEqual(all.slice(-2));
    expect(await types('--subject', 'github')).toEqual([
      'McpServerRegistered',
      'McpServerDisabled',
      'McpServerEnabled',
    ]);
    expect(await types('--subject', key, '-n', '3')).toEqual(history.slice(-3).map(({ type }) => type));
    expect(await types('--type', 'ApiKeyCreated', '--type', 'McpServerEnabled')).toEqual([
      'ApiKeyCreated',
      'McpServerEnabled',
      'ApiKeyCreated',
    ]);
    expect(await types('--actor', 'cli:nobody@nowhere')).toEqual([]);
    expect((await cli.run(['audit', 'tail', '--actor', 'nobody'])).stdout).toBe('There are no such events.\n');
  });

  it('has no secrets, and obeys no text of others [cli-hostile-text] [auth-secret-nowhere]', async () => {
    const { stdout } = await cli.run(['audit', 'tail']);
    expect(stdout).toMatch(/WHEN +WHAT +SUBJECT +EVENT +BY +DETAIL/);
    expect(stdout).not.toContain('\u001b');
    expect(stdout + JSON.stringify(await cli.list(['audit', 'tail']))).not.toMatch(/hunter2|sealed|"box"/);
  });

  it('is used rightly or ends with 2', async () => {
    for (const argv of [['--type', 'Nothing'], ['-n', '0'], ['-n', 'x'], ['more']]) {
      expect((await cli.run(['audit', 'tail', ...argv])).code).toBe(2);
    }
  });

  it('knows every type of event', () => {
    const catalogues = [apiKeyEvents, keyRoleEvents, mcpServerEvents, mcpCatalogueEvents, streamRepairEvents];
    expect(EVENT_TYPES).toEqual(catalogues.flatMap((catalogue) => Object.keys(catalogue)));
  });
});

describe('audit at', () => {
  const at = async (...argv: string[]) => await cli.json(['audit', 'at', ...argv]);

  it('shows keys and servers as they were [audit-at]', async () => {
    expect(await at(when('ApiKeyCreated'))).toMatchObject({
      code: 0,
      stderr: '',
      document: {
        keys: [{ id: key, status: 'active', effective_status: 'active', scopes: ['mcp'], grants: ['github:search_*'] }],
        servers: [],
      },
    });
    expect((await at(when('ApiKeyInactivated'))).document).toMatchObject({
      keys: [{ id: key, status: 'inactive', scopes: ['mcp', 'audit:read'], grants: ['github'] }],
      servers: [{ name: 'github', enabled: true, has_secrets: true, url: 'http://127.0.0.1:9/mcp' }],
    });
    expect((await at(when('ApiKeyRotated'))).document).toMatchObject({
      keys: [{ id: key, status: 'rotated', effective_status: 'rotating' }, { id: successor }],
    });
    expect((await at('now')).document).toMatchObject({ keys: [{ id: successor }], servers: [{ name: 'github' }] });
    expect((await at('2020-01-01')).document).toMatchObject({ at: '2020-01-01T00:00:00.000Z', keys: [], servers: [] });
    expect((await at('1h', 'ago')).document).toMatchObject({ keys: [], servers: [] });
  });

  it('is narrowed to one key, a deleted one, too, or to one server', async () => {
    expect((await at('now', '--key', key)).document).toMatchObject({
      keys: [{ id: key, status: 'deleted' }],
      servers: [],
    });
    const both = await at(when('ApiKeyInactivated'), '--key', key, '--server', 'github');
    expect(both.document).toMatchObject({ keys: [{ id: key }], servers: [{ name: 'github' }] });
    expect(await at('2020-01-01', '--key', key)).toMatchObject({
      code: 1,
      document: { error: { code: 'key-not-found' } },
    });
    expect(await at(when('ApiKeyCreated'), '--server', 'github')).toMatchObject({
      code: 1,
      document: { error: { code: 'server-not-found' } },
    });
  });

  it('shows people tables, and nothing secret [auth-secret-nowhere]', async () => {
    const { stdout } = await cli.run(['audit', 'at', when('ApiKeyRotated')]);
    expect(stdout).toMatch(/^As of \d{4}-.* UTC:\n/);
    expect(stdout).toContain('rotating');
    expect(stdout).toContain('http://127.0.0.1:9/mcp');
    expect(stdout).not.toMatch(/hunter2/);
    expect(stdout).not.toContain('\u001b');
    expect((await cli.run(['audit', 'at', '2020-01-01'])).stdout).toContain('There were no keys.');
  });

  it.each(['yesterday', '2026-02-30', '2026-01-01T10:00:00', '13:00', '2999-01-01', '2x ago', ''])(
    'takes no %j for a time',
    async (time) => {
      expect(await at(time)).toMatchObject({ code: 2, document: { error: { code: 'usage' } } });
    },
  );
});

describe('audit who-could', () => {
  const whoCould = async (...argv: string[]) => await cli.json(['audit', 'who-could', ...argv]);

  it('names the keys, the grant, and what began and ended it [audit-who-could]', async () => {
    const { code, document } = await whoCould('github/search_code', '--at', when('ApiKeyAccessChanged'));
    expect({ code, document }).toMatchObject({
      code: 0,
      document: {
        server: 'github',
        tool: 'search_code',
        server_status: 'enabled',
        keys: [
          {
            id: key,
            grants: ['github'],
            since: { by: 'event', event: { type: 'McpServerRegistered', actor: expect.stringMatching(/^cli:/) } },
            until: { by: 'event', event: { type: 'ApiKeyInactivated', revision: 2 } },
          },
        ],
      },
    });
    expect((await whoCould('github')).document).toMatchObject({ keys: [{ id: successor }] });
    const { stdout } = await cli.run(['audit', 'who-could', 'github', '--at', when('ApiKeyRotated')]);
    expect(stdout).toContain(key.slice(-8));
    expect(stdout).toContain(successor.slice(-8));
    expect(stdout).not.toContain('\u001b');
  });

  it('says why it is nobody', async () => {
    const { stdout } = await cli.run(['audit', 'who-could', 'github', '--at', '2020-01-01']);
    expect(stdout).toContain('not registered yet');
    expect((await whoCould('github', '--at', when('ApiKeyInactivated'))).document).toMatchObject({ keys: [] });
    expect(await whoCould('gitlab')).toMatchObject({ code: 1, document: { error: { code: 'server-not-found' } } });
  });

  it('is used rightly or ends with 2', async () => {
    for (const argv of [['Bad Name'], ['github/'], ['github', '--at', 'then'], []]) {
      expect((await cli.run(['audit', 'who-could', ...argv])).code).toBe(2);
    }
    expect((await whoCould('github', '--at', '-1s')).code).toBe(0);
  });
});
