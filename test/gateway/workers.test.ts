import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSystemTokens } from '../../src/auth/systemTokens.ts';
import { systemClock } from '../../src/clock.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { freePort } from '../support/freePort.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { scrape } from '../metrics/scrape.ts';
import { addProgram, EndpointClient, processesOf } from './stdio/world.ts';
import { callUntilRefused, CLIENTS, startLoad, startScraping, type Called } from './workerLoad.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const ENDS = /"pid":(\d+).*"msg":"a worker is ready","worker":(\d)/;

const opened = new AsyncDisposableStack();
/** Administers, and is no worker. */
let administrator: TestGateway;
let gateway: GatewayProcess;
let metricsUrl: string;
let apiKey: string;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  administrator = opened.use(await startTestGateway());
  const fixture = opened.use(await startFixtureServer());
  await administrator.addServer('fixture', fixture.url);
  await addProgram(administrator, 'own');
  await addProgram(administrator, 'common', { isolation: 'shared' });
  ({ apiKey } = await administrator.createKey());
  const { databaseUrl = '', jwtSecret = '', encryptionKey = '' } = administrator.settings;
  env = { DATABASE_URL: databaseUrl, JWT_SECRET: jwtSecret, ENCRYPTION_KEY: encryptionKey, METRICS_PORT: '0' };
  folder = await mkdtemp(join(tmpdir(), 'metamcp-workers-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  // In place of systemd's own: it writes down what it is to send.
  await writeFile(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$@" >> '${folder}/told'\n`, { mode: 0o755 });
  const notified = { ...env, NOTIFY_SOCKET: '/run/nobody', PATH: `${folder}:${PROGRAM_ENVIRONMENT.PATH}` };
  gateway = await startGatewayProcess({ home: administrator.home, env: notified, args: ['--workers', '2'] });
  metricsUrl = /"metrics":"([^"]+)"/.exec(gateway.log.join('\n'))?.[1] ?? '';
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await opened.disposeAsync();
});

/** The processes of the workers that have been ready, oldest first. */
function workers(of: GatewayProcess = gateway): { readonly pid: number; readonly worker: string }[] {
  return of.log.flatMap((line) => {
    const [, pid, worker] = ENDS.exec(line) ?? [];
    return pid === undefined || worker === undefined ? [] : [{ pid: Number(pid), worker }];
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const LEGACY = { 'mcp-protocol-version': '2025-11-25' };

/** Begins a session with the server over HTTP. */
async function begin(): Promise<Called> {
  const client = new EndpointClient(gateway, 'fixture', apiKey);
  expect((await client.initialize()).status).toBe(200);
  return { url: gateway.url, apiKey, session: { ...LEGACY, 'mcp-session-id': client.session ?? '' } };
}

it('calls of several connections come to all workers, and a session goes on at each [ops-workers]', async () => {
  const load = startLoad(await begin());
  await load.grown();
  await load.stop();
  expect(load.failures).toEqual([]);
  const callsOf = (worker: string) => gateway.log.filter((line) => line.includes(`"msg":"call","worker":${worker}`));
  await expect.poll(() => [callsOf('1').length > 0, callsOf('2').length > 0]).toEqual([true, true]);
  const found = await scrape(metricsUrl);
  expect([...found.keys()].filter((series) => series.startsWith('metamcp_ready{for="calls"')).toSorted()).toEqual([
    'metamcp_ready{for="calls",worker="1"}',
    'metamcp_ready{for="calls",worker="2"}',
  ]);
  expect(found.get('metamcp_workers{worker="supervisor"}')).toBe(2);
});

it('a session with a program of its own is found from every worker [ops-workers] [proxy-stdio-replicas]', async () => {
  const client = new EndpointClient(gateway, 'own', apiKey);
  await client.initialize();
  const served = await Promise.all(Array.from({ length: CLIENTS }, () => client.who()));
  expect(new Set(served.map(({ pid }) => pid)).size).toBe(1);
  expect(processesOf('own')).toHaveLength(1);
  await client.end();
});

it('a program that all share runs once for all workers [ops-workers-once]', async () => {
  const clients = Array.from({ length: CLIENTS }, () => new EndpointClient(gateway, 'common', apiKey));
  await Promise.all(clients.map((client) => client.initialize()));
  const served = await Promise.all(clients.map((client) => client.who()));
  expect(new Set(served.map(({ pid }) => pid)).size).toBe(1);
  expect(processesOf('common')).toHaveLength(1);
  await Promise.all(clients.map((client) => client.end()));
});

it('a revocation reaches the streams on every worker [ops-workers] [auth-revocation-replicas]', async () => {
  const key = await administrator.createKey();
  const client = new EndpointClient(gateway, 'fixture', key.apiKey);
  await client.initialize();
  const open = () =>
    fetch(`${gateway.url}/mcp/fixture`, {
      headers: {
        'x-api-key': key.apiKey,
        accept: 'text/event-stream',
        ...LEGACY,
        'mcp-session-id': client.session ?? '',
      },
    });
  const streams = await Promise.all(Array.from({ length: CLIENTS }, open));
  const { unconfirmed } = await administrator.stores.keys.inactivate(key.id, 'lost', TEST_CONTEXT);
  expect(unconfirmed).toEqual([]);
  await Promise.all(streams.map((stream) => stream.text()));
  const refused = await Promise.all(Array.from({ length: CLIENTS }, open));
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401]));
});

it('the workers are replaced under load, and no call fails [ops-workers-roll] [ops-workers-metrics]', async () => {
  const before = workers().length;
  const scraping = startScraping(metricsUrl);
  const load = startLoad(await begin());
  await load.grown();
  gateway.kill('SIGUSR1');
  const replaced = () => gateway.log.filter((line) => line.includes('"msg":"a worker was replaced"')).length;
  await expect.poll(replaced, { timeout: 60_000 }).toBe(2);
  await load.grown();
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(await scraping.stop()).toEqual([]);
  expect(
    workers()
      .slice(before)
      .map(({ worker }) => worker),
  ).toEqual(['1', '2']);
  expect(
    workers()
      .slice(0, before)
      .filter(({ pid }) => isAlive(pid)),
  ).toEqual([]);
});

it('a worker that is killed takes with it what it had under way, and nothing else [ops-workers-crash] [ops-workers-metrics]', async () => {
  const session = await begin();
  const scraping = startScraping(metricsUrl);
  const load = startLoad(session);
  await load.grown();
  const [victim] = workers().slice(-1);
  process.kill(victim?.pid ?? 0, 'SIGKILL');
  await load.grown();
  await expect.poll(() => workers().at(-1)?.pid, { timeout: 60_000 }).not.toBe(victim?.pid);
  await load.grown();
  await load.stop();
  // Each of its clients had one call at it at most.
  expect(load.failures.length).toBeLessThanOrEqual(CLIENTS);
  expect(await scraping.stop()).toEqual([]);
  expect(workers().at(-1)?.worker).toBe(victim?.worker);
});

it('a supervisor that is killed leaves no worker and no program [ops-workers-end]', async () => {
  await using other = await startGatewayProcess({ home: administrator.home, env: { ...env, WORKERS: '2' } });
  const client = new EndpointClient(other, 'own', apiKey);
  await client.initialize();
  expect(processesOf('own')).toHaveLength(1);
  other.kill('SIGKILL');
  await expect.poll(() => workers(other).filter(({ pid }) => isAlive(pid)), { timeout: 60_000 }).toEqual([]);
  await expect.poll(() => processesOf('own')).toEqual([]);
});

it('SIGHUP and SIGUSR2 reach all workers, and the service manager hears of the supervisor only [ops-workers] [ops-service-manager]', async () => {
  const own = (msg: string) => gateway.log.filter((line) => line.includes(`"msg":"${msg}"`)).length;
  gateway.kill('SIGHUP');
  await expect.poll(() => own('the settings were read again')).toBe(3);
  const told = async () => await readFile(join(folder, 'told'), 'utf8');
  await expect.poll(told).toMatch(/READY=1[^]*RELOADING=1 MONOTONIC_USEC=\d+\nREADY=1/);
  gateway.kill('SIGUSR2');
  const token = await createSystemTokens({ secrets: administrator.stores.tokenSecrets, clock: systemClock }).issue();
  const levels = async () => {
    const headers = { authorization: `Bearer ${token}`, connection: 'close' };
    const asked = Array.from({ length: CLIENTS }, () => fetch(`${gateway.url}/api/v1/log-level`, { headers }));
    return new Set(await Promise.all((await Promise.all(asked)).map((answer) => answer.text())));
  };
  await expect.poll(levels).toEqual(new Set(['{"level":"debug"}']));
});

it('SIGTERM ends all workers, no call that was sent fails, and the exit code is 0 [ops-workers-end] [ops-stop]', async () => {
  const session = await begin();
  let answered = 0;
  const failures = callUntilRefused(session, () => (answered += 1));
  await expect.poll(() => answered > 50).toBe(true);
  gateway.kill('SIGTERM');
  expect(await failures).toEqual([]);
  expect(await gateway.exited).toEqual([0, null]);
  expect(workers().filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect(await readFile(join(folder, 'told'), 'utf8')).toMatch(/STOPPING=1 [^\n]*\n$/);
});

it('SIGTERM during the start ends all, and the exit code is 0 [ops-workers-end]', async () => {
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN, '--workers', '2'], {
    cwd: administrator.home,
    env: { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: administrator.home, ...env, SERVER_PORT: String(port) },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  // The supervisor listens before it has a worker.
  const isThere = async () => {
    const socket = connect(port, '127.0.0.1');
    const is = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    return is;
  };
  await expect.poll(isThere, { interval: 5, timeout: 60_000 }).toBe(true);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

it('a port that is in use ends the gateway before a worker is started [ops-workers-crash]', async () => {
  const { port } = new URL(administrator.url);
  const taken = { ...env, WORKERS: '2', SERVER_PORT: port };
  await expect(startGatewayProcess({ home: administrator.home, env: taken })).rejects.toThrow(
    /^the gateway ended:\nmetamcp: [^\n]*another program does[^\n]*\n?$/,
  );
});

it('workers that can’t start end the gateway, with what one process says [ops-workers-crash]', async () => {
  const nowhere = { ...env, DATABASE_URL: 'postgresql://nobody@127.0.0.1:9/none', WORKERS: '2' };
  // What one process says, once, and no second try.
  await expect(startGatewayProcess({ home: administrator.home, env: nowhere })).rejects.toThrow(
    /^the gateway ended:\nmetamcp: [^\n]*\n?[^\n]*$/,
  );
});
