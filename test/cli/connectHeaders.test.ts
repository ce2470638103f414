import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';
import { keepStores, type KeptStores } from './keptStores.ts';

let gateway: TestGateway;
let cli: InProcessCli;
let kept: KeptStores;
/** The user's folder, anew for each test. */
let home: string;
let count = 0;
beforeAll(async () => {
  gateway = await startTestGateway();
  kept = keepStores();
  cli = await openInProcessCli(gateway.settings.databaseUrl ?? '', {}, kept.open);
  await gateway.addServer('github', 'http://127.0.0.1:1/mcp');
});
afterAll(async () => {
  await kept[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});
beforeEach(async () => {
  count += 1;
  home = join(cli.folder, `home-${String(count)}`);
  await mkdir(home);
});

/** The stores are the gateway's. */
const secrets = () => ({ JWT_SECRET: gateway.settings.jwtSecret, ENCRYPTION_KEY: gateway.settings.encryptionKey });
const run = (argv: readonly string[]) => cli.run(argv, { env: { HOME: home, ...secrets() } });

describe('the headers of Claude Code', () => {
  it('come from a helper that exchanges the key of a file for a token that works [cli-headers]', async () => {
    const { apiKey } = await gateway.createKey();
    const keyFile = join(home, 'the key');
    await writeFile(keyFile, `${apiKey}\n`, { mode: 0o600 });
    const argv = [
      'connect',
      'claude-code',
      '--server',
      'github',
      '--url',
      gateway.url,
      '--headers-helper',
      '--key-file',
      keyFile,
    ];
    const file = join(home, '.mcp.json');
    expect(await run([...argv, '--file', file, '--write', '--yes'])).toMatchObject({ code: 0 });
    const { mcpServers } = JSON.parse(await readFile(file, 'utf8')) as {
      mcpServers: { github: { headersHelper: string } };
    };
    expect(mcpServers.github).toEqual({
      type: 'http',
      url: `${gateway.url}/mcp/github`,
      headersHelper: `metamcp-cli headers --url ${gateway.url} --key-file '${keyFile}'`,
    });
    const { code, stdout, stderr } = await run(['headers', '--url', gateway.url, '--key-file', keyFile]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const headers = JSON.parse(stdout) as { Authorization: string };
    expect(Object.keys(headers)).toEqual(['Authorization']);
    expect(headers.Authorization).toMatch(/^Bearer ey/);
    expect((await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { ...headers } })).status).toBe(200);
  });

  it('are refused with what the gateway says, and the key is repeated nowhere [cli-headers] [cli-repeats-no-secret]', async () => {
    const { id, apiKey } = await gateway.createKey();
    await run(['keys', 'inactivate', id]);
    const headers = (key: string, url = gateway.url) =>
      cli.run(['headers', '--url', url], { env: { HOME: home, METAMCP_KEY: key } });
    const refused = await headers(apiKey);
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('inactive') });
    expect(refused.stderr).not.toContain(apiKey);
    expect(await headers(apiKey.slice(0, -1))).toMatchObject({ code: 1, stdout: '' });
    expect(await headers('')).toMatchObject({ code: 2, stdout: '' });
    expect(await headers(apiKey, 'http://127.0.0.1:1')).toMatchObject({ code: 3, stdout: '' });
  });

  it('take no key from a file that others can read [cli-headers]', async () => {
    const { apiKey } = await gateway.createKey();
    const keyFile = join(home, 'key');
    await writeFile(keyFile, apiKey);
    await chmod(keyFile, 0o644);
    expect(await run(['headers', '--url', gateway.url, '--key-file', keyFile])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('chmod 600'),
    });
  });

  it('are not asked for somewhere else, even if the gateway’s address leads there [cli-headers]', async () => {
    const { apiKey } = await gateway.createKey();
    let got = '';
    const thief = createServer(
      (request) => void request.on('data', (chunk: Buffer) => (got += chunk.toString())),
    ).listen(0, '127.0.0.1');
    await once(thief, 'listening');
    const port = (server: { address(): unknown }) => String((server.address() as AddressInfo).port);
    const moved = createServer((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port(thief)}/` }).end();
    }).listen(0, '127.0.0.1');
    await once(moved, 'listening');
    try {
      const env = { HOME: home, METAMCP_KEY: apiKey };
      expect(await cli.run(['headers', '--url', `http://127.0.0.1:${port(moved)}`], { env })).toMatchObject({
        code: 3,
        stdout: '',
      });
      expect(got).toBe('');
    } finally {
      thief.closeAllConnections();
      thief.close();
      moved.close();
    }
  });
});
