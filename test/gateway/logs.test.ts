import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { modern } from '../proxy/client.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { modernScript, startScriptedServer } from '../upstream/support/scriptedServer.ts';

// What an operator sees of a gateway, which is a process of its own here.

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

let home: string;
let gateway: GatewayProcess;
let key: { readonly id: string; readonly api_key: string };
const opened = new AsyncDisposableStack();

/** Runs a command of the CLI. @returns its document */
async function cli<Document>(...argv: string[]): Promise<Document> {
  const env = { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: home, SERVER_PORT: new URL(gateway.url).port };
  const child = spawn(process.execPath, [CLI, ...argv, '--json'], {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const texts: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => texts.push(text));
  await once(child, 'close');
  return JSON.parse(texts.join('')) as Document;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'metamcp-logs-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const server = opened.use(await startScriptedServer(modernScript()));
  gateway = opened.use(await startGatewayProcess({ home }));
  await cli('servers', 'add', 'files', '--url', server.url.href);
  await cli('servers', 'add', 'gone', '--url', 'http://127.0.0.1:1/mcp');
  key = await cli('keys', 'create', '--name', 'laptop', '--grant', '*');
});
afterAll(() => opened[Symbol.asyncDispose]());

async function call(server: string, named: Readonly<Record<string, string>> = {}, request = modern('tools/list')) {
  const answer = await fetch(`${gateway.url}/mcp/${server}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key.api_key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...request.headers,
      ...named,
    },
    body: JSON.stringify(request.message),
  });
  await answer.arrayBuffer();
  return { status: answer.status, requestId: answer.headers.get('x-request-id') };
}

const lines = () => gateway.log.map((text) => JSON.parse(text) as Record<string, unknown>);
const linesOf = (msg: string, fields: object = {}) =>
  lines().filter(
    (line) => line['msg'] === msg && Object.entries(fields).every(([name, value]) => line[name] === value),
  );

it('each answer names its request, and the log has its call by this id [ops-request-id] [ops-access-log]', async () => {
  const { requestId } = await call('files');
  expect(requestId).toMatch(/^[\w-]{36}$/);
  await expect.poll(() => linesOf('call', { requestId })).toHaveLength(1);
  const about = { keyId: key.id, key: 'laptop', server: 'files', method: 'tools/list', outcome: 'ok', status: 200 };
  expect(linesOf('call', { requestId })).toMatchObject([about]);
});

it('a request may be named before it comes, by a name that is fit for a log [ops-request-id]', async () => {
  const named = await call('files', { 'x-request-id': 'proxy-0123456789' });
  expect(named.requestId).toBe('proxy-0123456789');
  await expect.poll(() => linesOf('call', { requestId: 'proxy-0123456789' })).toHaveLength(1);
  for (const unfit of ['short', 'x'.repeat(65), 'a","msg":"forged', 'with blanks in it']) {
    expect((await call('files', { 'x-request-id': unfit })).requestId).toMatch(/^[0-9a-f-]{36}$/);
  }
  const refused = await fetch(`${gateway.url}/api/v1/keys`, { headers: { 'x-request-id': 'rest-0123456789' } });
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({ request_id: 'rest-0123456789' });
});

it('a server that is down has one line with the reason, however often it is called [ops-repeated-failures]', async () => {
  for (let n = 0; n < 20; n++) expect((await call('gone')).status).toBeGreaterThan(500);
  await expect.poll(() => linesOf('call', { server: 'gone' }).length).toBe(20);
  const failures = linesOf('calls to an MCP server fail', { server: 'gone', code: 'upstream-unreachable' });
  expect(failures).toMatchObject([{ reason: expect.stringContaining('ECONNREFUSED') }]);
  expect(gateway.log.filter((text) => text.includes('"server":"gone"') && text.includes('"stack"'))).toEqual([]);
});

it('a key in a place that is not its own does not reach the log [ops-log-secrets]', async () => {
  await call('files', {}, modern('tools/call', { name: key.api_key, arguments: {} }));
  await expect.poll(() => linesOf('call', { tool: '[secret]' })).toHaveLength(1);
  expect(gateway.log.join('\n')).not.toContain(key.api_key.slice(30));
});

it('the level of a running gateway is changed by the CLI and by a signal [ops-log-level]', async () => {
  expect(await cli('log-level')).toEqual({ level: 'info' });
  expect(await cli('log-level', 'error')).toEqual({ level: 'error' });
  const silent = (await call('files')).requestId;
  gateway.kill('SIGUSR2');
  await expect
    .poll(() => linesOf('the level of this log was changed by a signal'))
    .toMatchObject([{ logLevel: 'debug' }]);
  const loud = (await call('files')).requestId;
  await expect.poll(() => linesOf('call', { requestId: loud })).toHaveLength(1);
  expect(linesOf('call', { requestId: silent })).toEqual([]);
  gateway.kill('SIGUSR2');
  await expect.poll(async () => cli('log-level')).toEqual({ level: 'error' });
  const asKey = await fetch(`${gateway.url}/api/v1/log-level`, { headers: { authorization: `Bearer ${key.api_key}` } });
  expect(asKey.status).toBe(403);
  await cli('log-level', 'info');
});

it('a log that nobody reads holds up no call [ops-log-unread]', async () => {
  gateway.pauseLog();
  try {
    const before = lines().length;
    // A pipe holds 64 KiB: some two hundred lines.
    for (let n = 0; n < 100; n++) await Promise.all(Array.from({ length: 10 }, () => call('files')));
    expect(lines().length - before).toBeLessThan(1_000);
  } finally {
    gateway.resumeLog();
  }
  await expect.poll(() => linesOf('call', { server: 'files' }).length).toBeGreaterThan(1_000);
});
