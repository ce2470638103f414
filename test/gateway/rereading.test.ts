import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { openStores } from '../../src/stores/stores.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { memoryFolder } from '../support/memoryFolder.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Of util-linux: gives a program a terminal. */
const hasTerminals = spawnSync('script', ['--version']).status === 0;

/** The trace of a client, which is to be kept. */
const TRACE = 'a'.repeat(32);

let home: string;
let gateway: GatewayProcess;

/** The traces that a collector has got. */
const traces = new Set<string>();
const collector = createServer((req, res) => {
  void json(req).then((body) => {
    for (const [, id = ''] of JSON.stringify(body).matchAll(/"traceId":"([0-9a-f]+)"/g)) traces.add(id);
    res.setHeader('content-type', 'application/json').end('{}');
  });
});

/** What the service manager was told until now. */
const told = async (): Promise<string[]> => (await readFile(join(home, 'told'), 'utf8')).trim().split('\n');

beforeAll(async () => {
  home = await mkdtemp(join(memoryFolder(), 'metamcp-rereading-'));
  await chmod(home, 0o755);
  // In place of systemd's own: it writes down what it is to send.
  await writeFile(join(home, 'systemd-notify'), `#!/bin/sh\necho "$@" >> '${home}/told'\n`, { mode: 0o755 });
  await once(collector.listen(0, '127.0.0.1'), 'listening');
  gateway = await startGatewayProcess({
    home,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${String((collector.address() as AddressInfo).port)}`,
      OTEL_TRACES_SAMPLER_ARG: '0',
      LOG_CALLS: 'off',
      PATH: `${home}:${PROGRAM_ENVIRONMENT.PATH}`,
      NOTIFY_SOCKET: '/run/nobody',
      WATCHDOG_USEC: '100000',
      SERVER_STOP_DELAY_SECONDS: '600',
      SERVER_PROT: '1',
    },
  });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  collector.close();
  await rm(home, { recursive: true, force: true });
});

/** On a connection of its own, which ends with the answer. */
async function ask(path: string, host = 'localhost', more: Record<string, string> = {}): Promise<IncomingMessage> {
  const headers = { host, connection: 'keep-alive', ...more };
  const asked = request(`${gateway.url}${path}`, { headers, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  answer.destroy();
  return answer;
}
const statusAs = async (host: string) => (await ask('/health/live', host)).statusCode;
const logged = (part: string) => expect.poll(() => gateway.log.join('\n'), { timeout: 60_000 }).toContain(part);

describe('a gateway without a terminal', () => {
  test('warns at its start of a variable that is no setting', async () => {
    await logged('SERVER_PROT is no setting. Did you mean SERVER_PORT?');
  });

  test('reads its settings again at SIGHUP, and says what changed and what needs a restart [ops-reread]', async () => {
    expect(await statusAs('gate.example')).toBe(403);
    await writeFile(join(home, '.env'), 'LOG_LEVEL=debug\nSERVER_ALLOWED_HOSTS=gate.example\nSTDIO_MAX_PROGRAMS=3\n');
    gateway.kill('SIGHUP');
    await logged('"changed":["SERVER_ALLOWED_HOSTS","LOG_LEVEL"],"needRestart":["STDIO_MAX_PROGRAMS"]');
    expect(await statusAs('gate.example')).toBe(200);
  });

  test('goes by changed limits of circuits from then on [ops-reread]', async () => {
    const settings = readSettings({ env: { METAMCP_HOME: home }, cwd: home });
    await using stores = await openStores({ settings, logger: createLogger('silent'), applicationName: 'test' });
    const dead = { ...DEFAULT_SETTINGS, transport: 'http', url: 'http://127.0.0.1:9/mcp' } as const;
    await stores.servers.register('dead', { settings: dead, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
    const { apiKey } = await stores.keys.create({ name: 'k', scopes: ['mcp'], grants: ['*'] }, TEST_CONTEXT);
    const limits = 'LOG_LEVEL=debug\nSERVER_ALLOWED_HOSTS=gate.example\nSTDIO_MAX_PROGRAMS=3\n';
    await writeFile(join(home, '.env'), `${limits}SERVER_CIRCUIT_FAILURES=1\n`);
    gateway.kill('SIGHUP');
    await logged('"changed":["SERVER_CIRCUIT_FAILURES"]');
    const statuses = new Set<number | undefined>();
    const headers = { authorization: `Bearer ${apiKey}`, traceparent: `00-${TRACE}-${'b'.repeat(16)}-01` };
    // Fewer than what opens a circuit by default.
    for (let at = 0; at < 4; at += 1) {
      statuses.add((await ask('/api/v1/mcp/servers/dead/tools', 'localhost', headers)).statusCode);
    }
    expect([...statuses]).toEqual([502, 503]);
  });

  test('keeps its settings when the new ones are wrong [ops-reread]', async () => {
    await writeFile(join(home, '.env'), 'SERVER_ALLOWED_HOSTS=other.example\nSTDIO_MAX_PROGRAMS=few\n');
    gateway.kill('SIGHUP');
    await logged('STDIO_MAX_PROGRAMS (in .env) is \\"few\\", and must be a whole number');
    expect(await statusAs('gate.example')).toBe(200);
    expect(await statusAs('other.example')).toBe(403);
  });

  test('tells the service manager that it is ready, alive, and reads again [ops-service-manager]', async () => {
    await expect.poll(told).toContain('WATCHDOG=1');
    const [ready, ...others] = (await told()).filter((line) => line !== 'WATCHDOG=1');
    expect(ready).toMatch(/^READY=1/);
    expect(others.slice(0, 2)).toEqual([
      expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
      expect.stringMatching(/^READY=1/),
    ]);
  });

  test('that is stopped is not ready, serves what still comes, ends connections, and exits 0 [ops-stop] [ops-settings-hold]', async () => {
    const idle = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    await once(idle, 'connect');
    gateway.kill('SIGTERM');
    await expect.poll(async () => (await ask('/health/ready')).statusCode).toBe(503);
    const live = await ask('/health/live');
    expect(live.statusCode).toBe(200);
    expect(live.headers.connection).toBe('close');
    // The delay of ten minutes is over when nobody is connected any more.
    idle.destroy();
    expect(await gateway.exited).toEqual([0, null]);
    // LOG_CALLS is off, and of the traces only that of a client is kept.
    expect(gateway.log.filter((line) => line.includes('"msg":"call"'))).toEqual([]);
    expect([...traces]).toEqual([TRACE]);
    expect((await told()).filter((line) => line !== 'WATCHDOG=1').at(-1)).toMatch(/^STOPPING=1/);
  });
});

test.skipIf(!hasTerminals)('a gateway in a terminal ends when the terminal is closed [ops-reread]', async () => {
  const folder = await mkdtemp(join(memoryFolder(), 'metamcp-terminal-'));
  await chmod(folder, 0o755);
  // The log is a file, for the terminal is gone when the gateway says its last; when the shell ends, the terminal does.
  const line = `set -m; '${process.execPath}' '${MAIN}' 2> '${folder}/log' & until grep -q 'MetaMCP is ready' '${folder}/log'; do sleep 0.05; done; kill -HUP $!; wait $!`;
  const env = { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: folder, SERVER_PORT: '0', LOG_FORMAT: 'json', SHELL: '/bin/sh' };
  const { status } = spawnSync('script', ['-qec', line, '/dev/null'], {
    cwd: folder,
    env,
    timeout: 60_000,
  });
  expect(await readFile(join(folder, 'log'), 'utf8')).toContain('"signal":"SIGHUP","msg":"stopping"');
  expect(status).toBe(0);
  await rm(folder, { recursive: true, force: true });
});
