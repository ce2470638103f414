import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../cli/output/width.ts';
import { uuidV5 } from '../../src/ids.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { DANGEROUS, HOSTILE } from './hostileText.ts';
import { type RunOptions } from './inProcess.ts';
import { cliFixture } from './cliFixture.ts';

const NOWHERE = 'http://127.0.0.1:1/mcp';

const cli = cliFixture();
let count = 0;

/** Registers a server under a new name. */
async function add(options: readonly string[] = [], run?: RunOptions): Promise<string> {
  count += 1;
  const name = `server-${String(count)}`;
  const { code } = await cli.json(['servers', 'add', name, '--url', NOWHERE, ...options], run);
  expect(code).toBe(0);
  return name;
}

async function show(name: string) {
  return (await cli.json(['servers', 'show', name])).document;
}

describe('servers add', () => {
  it('answers with the id, the name and the transport, and the server is listed at once [cli-fields] [cli-json-document]', async () => {
    const argv = ['servers', 'add', 'first', '--url', NOWHERE, '--title', 'The first'];
    const { code, document, stderr } = await cli.json(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(document).toMatchObject({
      id: uuidV5('first'),
      name: 'first',
      transport: 'http',
      url: NOWHERE,
      title: 'The first',
      enabled: true,
      timeouts: { connect_ms: 10_000, idle_ms: 300_000, total_ms: 3_600_000 },
      limits: { max_in_flight: 1_000 },
      changed: true,
      unconfirmed: [],
    });
    expect(await cli.list(['servers', 'list'])).toContainEqual(expect.objectContaining({ name: 'first' }));
    expect((await cli.run(['servers', 'list'])).stdout).toMatch(/^first +enabled/m);
  });

  it('takes time-outs, limits and isolation', async () => {
    const name = await add([
      '--connect-timeout',
      '5s',
      '--idle-timeout',
      '1m',
      '--total-timeout',
      '2h',
      '--max-in-flight',
      '7',
      '--isolation',
      'shared',
    ]);
    expect(await show(name)).toMatchObject({
      timeouts: { connect_ms: 5_000, idle_ms: 60_000, total_ms: 7_200_000 },
      limits: { max_in_flight: 7 },
      isolation: 'shared',
    });
  });

  it('changes nothing the second time, and refuses another server of the same name', async () => {
    const name = await add();
    expect(await cli.json(['servers', 'add', name, '--url', NOWHERE])).toMatchObject({
      code: 0,
      document: { changed: false },
    });
    expect(await cli.json(['servers', 'add', name, '--url', `${NOWHERE}2`])).toMatchObject({
      code: 1,
      document: { error: { code: 'server-exists' } },
    });
  });

  it.each([
    [['Not A Slug', '--url', NOWHERE], 2, 'server-name-invalid'],
    [['x', '--url', 'ftp://h/'], 2, 'server-url-invalid'],
    [['x', '--url', 'http:api.example.com/mcp'], 2, 'server-url-invalid'],
    [['x', '--url', 'http:/x', '--dry-run'], 2, 'server-url-invalid'],
    [['x', '--url', 'http://user:pass@h/'], 2, 'server-url-has-credentials'],
    [['x', '--url', NOWHERE, '--header', 'Mcp-Session-Id: 1'], 2, 'server-header-invalid'],
    [['x', '--url', NOWHERE, '--', 'npx'], 2, 'usage'],
    [['x', '--transport', 'sse', '--', 'npx'], 2, 'usage'],
    [['x', '--transport', 'stdio'], 2, 'usage'],
    [['x', '--transport', 'stdio', '--url', NOWHERE], 2, 'usage'],
    [['x', '--header', 'A: b', '--', 'npx'], 2, 'usage'],
    [['x', '--url', NOWHERE, '--env', 'A=b'], 2, 'usage'],
    [['x', '--url', NOWHERE, '--env-file', 'token'], 2, 'usage'],
    [['x', '--url', NOWHERE, '--cwd', '/'], 2, 'usage'],
    [['x', '--env', 'A=1', '--env', 'A=2', '--', 'npx'], 2, 'usage'],
    [['x', '--env', 'NOT_SET_HERE', '--', 'npx'], 2, 'usage'],
    [['x', '--env-file', 'no-such-file', '--', 'npx'], 2, 'usage'],
    [['x', '--env', 'A B=1', '--', 'npx'], 2, 'usage'],
    [['x', '--'], 2, 'usage'],
    [['x', '--', ' '], 2, 'server-command-required'],
    [['x', '--memory-limit', '1MiB', '--', 'npx'], 2, 'server-settings-invalid'],
  ])('%j is refused', async (argv, code, error) => {
    expect(await cli.json(['servers', 'add', ...argv])).toMatchObject({ code, document: { error: { code: error } } });
  });
});

describe('the headers of a server', () => {
  it('may come from the command line, a file or stdin, and are never shown [cli-repeats-no-secret]', async () => {
    await writeFile(join(cli.folder, 'token'), 'Bearer from-file\n');
    // Relative to the working directory, or to the user's folder: in quotes the shell leaves that to us.
    for (const path of ['token', '~/token']) {
      await add(['--header', `Authorization: @${path}`], { env: { HOME: cli.folder } });
    }
    const name = await add(
      [
        '--header',
        'X-Plain: from-argument',
        '--header',
        `Authorization: @${join(cli.folder, 'token')}`,
        '--header',
        'X-Piped: @-',
        '--header',
        'X-At: @@sign',
      ],
      { stdin: 'from-stdin\n' },
    );
    const text = await cli.run(['servers', 'show', name]);
    expect(text.stdout).toContain('X-Plain, Authorization, X-Piped, X-At (values hidden)');
    const shown = await show(name);
    expect(shown.header_names).toEqual(['X-Plain', 'Authorization', 'X-Piped', 'X-At']);
    expect(text.stdout + JSON.stringify(shown)).not.toMatch(/from-|@sign/);
  });

  it('reach the server as they were given', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers);
      response.writeHead(401).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      // A TCP server's address is an object.
      const { port } = server.address() as AddressInfo;
      const name = await add(
        ['--url', `http://127.0.0.1:${String(port)}/mcp`, '--header', 'X-At: @@sign', '--header', 'Authorization: @-'],
        {
          stdin: 'Bearer hush-hush\n',
        },
      );
      const { code, document } = await cli.json(['servers', 'test', name]);
      expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'upstream-unauthorized' });
      expect(seen[0]).toMatchObject({ 'x-at': '@sign', authorization: 'Bearer hush-hush' });
    } finally {
      server.close();
    }
  });
});

describe('servers update', () => {
  it('changes what is given and keeps the rest, secrets included', async () => {
    const name = await add([
      '--title',
      'Old',
      '--description',
      'What it does',
      '--header',
      'A: 1',
      '--header',
      'B: 2',
      '--idle-timeout',
      '1m',
    ]);
    const { document } = await cli.json([
      'servers',
      'update',
      name,
      '--title',
      '',
      '--connect-timeout',
      '3s',
      '--header',
      'b: 3',
      '--header',
      'C: 4',
      '--remove-header',
      'a',
    ]);
    expect(document).toMatchObject({
      description: 'What it does',
      url: NOWHERE,
      timeouts: { connect_ms: 3_000, idle_ms: 60_000 },
      changed: true,
    });
    expect(document).not.toHaveProperty('title');
    expect((await show(name)).header_names).toEqual(['b', 'C']);
    expect(await cli.json(['servers', 'update', name, '--connect-timeout', '3s'])).toMatchObject({
      document: { changed: false },
    });
  });

  it('does not find what is not there', async () => {
    expect(await cli.json(['servers', 'update', 'nobody', '--title', 'x'])).toMatchObject({
      code: 1,
      document: { error: { code: 'server-not-found' } },
    });
  });
});

describe('servers', () => {
  it('are disabled and enabled', async () => {
    const name = await add();
    expect(await cli.json(['servers', 'disable', name, '--reason', 'broken'])).toMatchObject({
      code: 0,
      document: { name, enabled: false, changed: true },
    });
    expect((await cli.run(['servers', 'disable', name])).stdout).toContain('disabled already');
    expect(await cli.json(['servers', 'enable', name])).toMatchObject({ document: { enabled: true, changed: true } });
  });

  it('are removed for good, and only with --confirm; the name is then free [cli-confirm] [events-server-name-identity]', async () => {
    const name = await add(['--header', 'A: secret']);
    expect(await cli.run(['servers', 'remove', name])).toMatchObject({ code: 2 });
    expect(await cli.json(['servers', 'remove', name, '--confirm'])).toMatchObject({
      code: 0,
      document: { id: uuidV5(name), name, changed: true },
    });
    for (const verb of ['show', 'test', 'enable', 'disable']) {
      expect(await cli.json(['servers', verb, name])).toMatchObject({
        code: 1,
        document: { error: { code: 'server-not-found' } },
      });
    }
    expect(await cli.json(['servers', 'add', name, '--url', NOWHERE])).toMatchObject({
      code: 0,
      document: { has_secrets: false },
    });
  });

  it('with hostile titles are shown without obeying them, also in 40 columns', async () => {
    const name = await add(['--title', HOSTILE, '--description', HOSTILE]);
    for (const argv of [
      ['servers', 'list'],
      ['servers', 'show', name],
      ['servers', 'list', '--json'],
    ]) {
      for (const line of (await cli.run(argv)).stdout.split('\n')) expect(line).not.toMatch(DANGEROUS);
    }
    const narrow = await cli.run(['servers', 'list'], { columns: 40, env: { NO_COLOR: '1' } });
    for (const line of narrow.stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(40);
  });
});

describe('servers test', () => {
  it('connects, and tells the era, the version, the tools and how long it took', async () => {
    await using fixture = await startFixtureServer();
    const name = await add(['--url', fixture.url]);
    const { code, document, stderr } = await cli.json(['servers', 'test', name]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(document).toMatchObject({ name, enabled: true, era: 'modern', protocol_version: '2026-07-28' });
    expect(document.tools).toBeGreaterThan(5);
    expect(document.connect_ms).toBeGreaterThan(0);
    expect(document.latency_ms).toBeGreaterThan(0);
    await cli.run(['servers', 'disable', name]);
    const text = await cli.run(['servers', 'test', name]);
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/Era +modern, MCP 2026-07-28/);
    expect(text.stdout).toContain('disabled');
  });

  it('fails with exit code 1 and the reason, not with that of an unreachable store [cli-exit-codes]', async () => {
    const name = await add();
    const text = await cli.run(['servers', 'test', name]);
    expect(text).toMatchObject({ code: 1, stdout: '' });
    expect(text.stderr).toMatch(/^error: .*ECONNREFUSED/);
    expect(await cli.json(['servers', 'test', name])).toMatchObject({
      code: 1,
      document: { error: { code: 'upstream-unreachable' } },
    });
  });

  it('does not wait longer than it is told', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const name = await add(['--url', `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}/`]);
      const { code, document } = await cli.json(['servers', 'test', name, '--timeout', '1s']);
      expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'upstream-timeout' });
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });
});
