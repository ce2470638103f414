import { readdirSync, readFileSync } from 'node:fs';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openInProcessCli, type InProcessCli } from '../../cli/inProcess.ts';
import { startTestGateway, type TestGateway } from '../../support/testGateway.ts';
import { addProgram, EndpointClient } from './world.ts';

const logged: string[] = [];
let gateway: TestGateway;
let cli: InProcessCli;
let apiKey: string;
beforeAll(async () => {
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  gateway = await startTestGateway({ logger });
  const { databaseUrl = '', eventStoreUrl, jwtSecret, encryptionKey } = gateway.settings;
  const secrets = { JWT_SECRET: jwtSecret ?? '', ENCRYPTION_KEY: encryptionKey ?? '' };
  const store = eventStoreUrl === undefined ? {} : { EVENT_STORE_URL: eventStoreUrl };
  cli = await openInProcessCli(databaseUrl, { ...secrets, ...store, SERVER_PORT: new URL(gateway.url).port });
  const scopes = ['mcp', 'servers:read', 'servers:write', 'events:read'];
  ({ apiKey } = await gateway.createKey({ scopes }));
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

interface RestBody {
  readonly code?: string;
  readonly items?: readonly unknown[];
}

async function rest(
  method: string,
  path: string,
  key = apiKey,
  body?: object,
): Promise<{ status: number; body: RestBody }> {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as RestBody };
}

async function session(server: string): Promise<EndpointClient> {
  const client = new EndpointClient(gateway, server, apiKey);
  await client.initialize();
  return client;
}

describe('the processes of a server', () => {
  test('show over REST, with what they are doing and why [ops-stdio-state]', async () => {
    await addProgram(gateway, 'shown', { isolation: 'shared', limits: { restarts: 0 } });
    expect((await rest('GET', '/shown/processes')).body).toEqual({ name: 'shown', status: 'stopped', processes: [] });
    const client = await session('shown');
    const { pid } = await client.who();
    expect((await rest('GET', '/shown/processes')).body).toMatchObject({
      status: 'running',
      processes: [{ status: 'running', pid, shared_by: 'shared', holders: 1, failures: 0 }],
    });
    await client.legacy('tools/call', { name: 'crash', arguments: {} });
    const { body } = await rest('GET', '/shown/processes');
    expect(body).toMatchObject({
      status: 'given-up',
      processes: [{ status: 'given-up', reason: expect.stringContaining('ended with exit code 3') }],
    });
    expect((await client.legacy('tools/list')).body).toMatchObject({
      error: { data: { code: 'upstream-given-up' }, message: expect.stringContaining('restart the server') },
    });
    const restarted = await rest('POST', '/shown/restart');
    expect(restarted).toMatchObject({ status: 200, body: { status: 'running', processes: [{ status: 'running' }] } });
    expect((await client.who()).pid).not.toBe(pid);
  });

  test('of which the start failed, too, which a restart forgets [ops-stdio-state]', async () => {
    await addProgram(gateway, 'absent', { command: 'no-such-program-here', args: [] });
    await new EndpointClient(gateway, 'absent', apiKey).initialize();
    expect((await rest('GET', '/absent/processes')).body).toMatchObject({
      status: 'restarting',
      failed_start: { failures: 1, reason: expect.stringContaining('no-such-program-here') },
      processes: [],
    });
    expect((await rest('POST', '/absent/restart')).body).toEqual({ name: 'absent', status: 'stopped', processes: [] });
  });

  test('are restarted by who may change the server, and are none of an HTTP server [ops-stdio-state]', async () => {
    await addProgram(gateway, 'guarded');
    await gateway.addServer('remote', 'http://127.0.0.1:9/mcp');
    const reader = await gateway.createKey({ scopes: ['mcp', 'servers:read'] });
    expect(await rest('POST', '/guarded/restart', reader.apiKey)).toMatchObject({ status: 403 });
    expect(await rest('GET', '/guarded/logs', reader.apiKey)).toMatchObject({ status: 403 });
    const narrow = await gateway.createKey({ scopes: ['servers:write'], grants: ['guarded:who'] });
    expect(await rest('POST', '/guarded/restart', narrow.apiKey)).toMatchObject({
      status: 403,
      body: { code: 'server-not-granted' },
    });
    const stranger = await gateway.createKey({ scopes: ['servers:read'], grants: ['other'] });
    expect(await rest('GET', '/guarded/processes', stranger.apiKey)).toMatchObject({ status: 404 });
    expect(await rest('POST', '/remote/restart')).toMatchObject({ body: { code: 'server-not-a-program' } });
  });

  test('show in the live feed, and what they print [ops-stdio-log]', async () => {
    await addProgram(gateway, 'told', { isolation: 'shared', env: { TOKEN: 'very-secret-token' } });
    const stop = new AbortController();
    const feed = await fetch(`${gateway.url}/api/v1/events?server=told`, {
      headers: { authorization: `Bearer ${apiKey}` },
      signal: stop.signal,
    });
    const client = await session('told');
    await client.legacy('tools/call', { name: 'crash', arguments: {} });
    let text = '';
    const wanted = ['"status":"running"', '"status":"restarting"', '"retry_at"', 'mcp_server_log', 'exit code 3'];
    for await (const chunk of (feed.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (wanted.every((words) => text.includes(words))) break;
    }
    stop.abort();
    expect(text).not.toContain('very-secret-token');
    const { body } = await rest('GET', '/told/logs');
    expect(body.items).toEqual([{ number: 1, at: expect.any(String), text: expect.stringContaining('it broke') }]);
    expect(JSON.stringify(body)).not.toMatch(/very-secret-token|\\u001b|\\u0007/);
    expect(await rest('GET', '/told/logs?lines=0')).toMatchObject({ status: 400 });
  });
});

test('the secrets of a server are in no command line, event or log, also when it prints them [auth-secret-nowhere]', async () => {
  const secret = 'qV7-not-for-anybody-9xT';
  await addProgram(gateway, 'discreet', { isolation: 'shared', env: { TOKEN: secret } });
  const client = await session('discreet');
  expect((await client.who()).token).toBe(secret.length);
  const commandLines = readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, 'utf8')] : [];
    } catch {
      return [];
    }
  });
  expect(commandLines.some((line) => line.includes('discreet'))).toBe(true);
  await client.legacy('tools/call', { name: 'crash', arguments: {} });
  await expect.poll(() => logged.join('')).toContain('it broke, with');
  const events = JSON.stringify(
    (await Array.fromAsync(gateway.stores.events.readStream('mcpServer-discreet'))).map(({ type, data, metadata }) => ({
      type,
      data,
      metadata,
    })),
  );
  expect(events).toContain('McpServerRegistered');
  for (const text of [...commandLines, ...logged, events]) expect(text).not.toContain(secret);
});

describe('metamcp-cli', () => {
  test('restarts the programs of a server, and shows what they print [ops-stdio-log]', async () => {
    await addProgram(gateway, 'by-hand', { isolation: 'shared' });
    expect(await cli.run(['servers', 'restart', 'by-hand'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing ran'),
    });
    const client = await session('by-hand');
    const { pid } = await client.who();
    const { document } = await cli.json(['servers', 'restart', 'by-hand']);
    expect(document).toMatchObject({ name: 'by-hand', status: 'running', processes: [{ status: 'running' }] });
    expect((await client.who()).pid).not.toBe(pid);
    const shown = await cli.json(['servers', 'show', 'by-hand']);
    expect(shown.document).toMatchObject({ processes: { status: 'running', processes: [{ shared_by: 'shared' }] } });
    const { pid: now } = await client.who();
    expect((await cli.run(['servers', 'show', 'by-hand'])).stdout).toContain(
      `running as process ${String(now)} (shared)`,
    );
    const alone = await cli.run(['servers', 'show', 'by-hand'], { env: { SERVER_PORT: '1' } });
    expect(alone).toMatchObject({ code: 0, stdout: expect.stringContaining('unknown: no gateway answers') });
    await client.legacy('tools/call', { name: 'crash', arguments: {} });
    const { stdout } = await cli.run(['servers', 'logs', 'by-hand']);
    expect(stdout).toContain('it broke, with nothing and');
  });

  test('says why nothing is shown, where no gateway answers [ops-stdio-log]', async () => {
    const outcome = await cli.run(['servers', 'logs', 'by-hand'], { env: { SERVER_PORT: '1' } });
    expect(outcome).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/No gateway answers at http:\/\/127\.0\.0\.1:1: start it .*\((?!fetch failed)/),
    });
  });

  test('tests a server on stdio as the gateway would, and leaves no program [proxy-stdio-served]', async () => {
    await addProgram(gateway, 'tested', { args: ['modern'] });
    const { document } = await cli.json(['servers', 'test', 'tested']);
    expect(document).toMatchObject({ name: 'tested', era: 'modern', tools: 5 });
  });
});

describe('a server on stdio over REST', () => {
  const program = {
    transport: 'stdio',
    command: 'true',
    limits: { memory_bytes: 2 ** 29, open_files: 64, restarts: 0 },
  };

  test('is registered and changed only by keys with the scope servers:exec [ops-stdio-exec]', async () => {
    const refusal = {
      status: 403,
      body: { code: 'insufficient-scope', detail: expect.stringContaining('servers:exec') },
    };
    expect(await rest('POST', '', apiKey, { name: 'run', ...program })).toMatchObject(refusal);
    const scopes = ['servers:read', 'servers:write', 'servers:exec'];
    const trusted = (await gateway.createKey({ scopes })).apiKey;
    const settings = { ...program, timeouts: { idle_stop_ms: 1_000 } };
    expect(await rest('POST', '', trusted, { name: 'run', ...settings })).toMatchObject({
      status: 201,
      body: { limits: program.limits, timeouts: { idle_stop_ms: 1_000 } },
    });
    expect(await rest('PUT', '/run', apiKey, { ...settings, command: 'false' })).toMatchObject(refusal);
    await gateway.addServer('over-http', 'http://127.0.0.1:9/mcp');
    expect(await rest('PUT', '/over-http', apiKey, program)).toMatchObject(refusal);
    expect(await rest('DELETE', '/run', apiKey)).toMatchObject(refusal);
  });

  test('is refused where it could not be run as it stands [ops-stdio-exec]', async () => {
    const { apiKey: trusted } = await gateway.createKey({ scopes: ['servers:write', 'servers:exec'] });
    const refused = async (settings: object) =>
      (await rest('POST', '', trusted, { name: 'bad', ...program, ...settings })).body.code;
    expect(await refused({ command: ' ' })).toBe('server-command-required');
    expect(await refused({ cwd: 'tools' })).toBe('server-cwd-invalid');
    expect(await refused({ headers: { A: 'b' } })).toBe('server-headers-unexpected');
    expect(await refused({ url: 'http://127.0.0.1:9/' })).toBe('server-url-unexpected');
    expect(await refused({ limits: { memory_bytes: 1_000 } })).toBe('request-invalid');
    expect(await refused({ limits: { open_files: 1 } })).toBe('request-invalid');
  });
});
