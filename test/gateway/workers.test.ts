import { Pool } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { scrape, type Scrape } from '../metrics/scrape.ts';
import { addProgram, EndpointClient, processesOf } from './stdio/world.ts';

/** Clients at once: more than there are workers. */
const CLIENTS = 8;
const ENDS = /"pid":(\d+).*"msg":"a worker is ready","worker":(\d)/;

const opened = new AsyncDisposableStack();
/** Administers, and is no worker. */
let administrator: TestGateway;
let gateway: GatewayProcess;
let metricsUrl: string;
let apiKey: string;
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
  gateway = await startGatewayProcess({ home: administrator.home, env, args: ['--workers', '2'] });
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

/** Begins a session with the server over HTTP. @returns the headers of what goes on with it */
async function begin(): Promise<Record<string, string>> {
  const client = new EndpointClient(gateway, 'fixture', apiKey);
  expect((await client.initialize()).status).toBe(200);
  return { ...LEGACY, 'mcp-session-id': client.session ?? '' };
}

/** Clients that keep their connections and call one after the other, until they are stopped. */
function startLoad(session: Record<string, string>) {
  const pool = new Pool(gateway.url, { connections: CLIENTS, pipelining: 1 });
  const failures: string[] = [];
  let answered = 0;
  let isOver = false;
  const params = { name: 'test_simple_text', arguments: {} };
  const callers = Array.from({ length: CLIENTS }, async (_, caller) => {
    for (let id = 1; !isOver; id += 1) {
      try {
        const { statusCode, body } = await pool.request({
          path: '/mcp/fixture',
          method: 'POST',
          headers: {
            'x-api-key': apiKey,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...session,
          },
          body: JSON.stringify({ jsonrpc: '2.0', id: `${caller} ${id}`, method: 'tools/call', params }),
        });
        const text = await body.text();
        if (statusCode === 200 && text.includes('This is a simple text response')) answered += 1;
        else failures.push(`${statusCode} ${text.slice(0, 200)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  });
  return {
    failures,
    grown: async (by = 50) => {
      const before = answered;
      await expect.poll(() => answered >= before + by, { interval: 5 }).toBe(true);
    },
    async stop() {
      isOver = true;
      await Promise.all(callers);
      await pool.close();
    },
  };
}

/** Scrapes until it is stopped. @returns the counters that were smaller than before */
function startScraping() {
  const backwards: string[] = [];
  let isOver = false;
  const scraping = (async () => {
    let before: Scrape = new Map();
    while (!isOver) {
      const now = await scrape(metricsUrl);
      for (const [series, value] of before) {
        if (/_(total|count|bucket)(\{|$)/.test(series) && !((now.get(series) ?? -1) >= value)) backwards.push(series);
      }
      before = now;
    }
  })();
  return {
    async stop() {
      isOver = true;
      await scraping;
      return backwards;
    },
  };
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
  const scraping = startScraping();
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
}, 120_000);

it('a worker that is killed takes with it what it had under way, and nothing else [ops-workers-crash] [ops-workers-metrics]', async () => {
  const session = await begin();
  const scraping = startScraping();
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
}, 120_000);

it('a supervisor that is killed leaves no worker and no program [ops-workers-end]', async () => {
  await using other = await startGatewayProcess({ home: administrator.home, env: { ...env, WORKERS: '2' } });
  const client = new EndpointClient(other, 'own', apiKey);
  await client.initialize();
  expect(processesOf('own')).toHaveLength(1);
  other.kill('SIGKILL');
  await expect.poll(() => workers(other).filter(({ pid }) => isAlive(pid)), { timeout: 60_000 }).toEqual([]);
  await expect.poll(() => processesOf('own')).toEqual([]);
}, 120_000);

it('SIGTERM ends all workers, and the exit code is 0 [ops-workers-end] [ops-stop]', async () => {
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toEqual([0, null]);
  expect(workers().filter(({ pid }) => isAlive(pid))).toEqual([]);
});

it('workers that can’t start end the gateway, with what one process says [ops-workers-crash]', async () => {
  const nowhere = { ...env, DATABASE_URL: 'postgresql://nobody@127.0.0.1:9/none', WORKERS: '2' };
  // What one process says, once, and no second try.
  await expect(startGatewayProcess({ home: administrator.home, env: nowhere })).rejects.toThrow(
    /^the gateway ended:\nmetamcp: [^\n]*\n?[^\n]*$/,
  );
});
