import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readProcStat } from '../../../src/procStat.ts';
import { startGatewayProcess } from '../../support/gatewayProcess.ts';
import { startTestGateway, type TestGateway } from '../../support/testGateway.ts';
import { addOdd, addProgram, EndpointClient, markOf, processesOf } from './world.ts';

const SMALL_SERVER = join(import.meta.dirname, '../../upstream/stdio/programs/smallServer.sh');

let gateway: TestGateway;
let apiKey: string;
beforeAll(async () => {
  const env = { STDIO_IDLE_STOP_SECONDS: '1', STDIO_MAX_PROGRAMS_PER_SERVER: '256', STDIO_MAX_PROGRAMS_PER_KEY: '256' };
  gateway = await startTestGateway({ env });
  ({ apiKey } = await gateway.createKey());
});
afterAll(() => gateway[Symbol.asyncDispose]());

const client = (server: string, { url }: Pick<TestGateway, 'url'> = gateway) =>
  new EndpointClient({ url }, server, apiKey);

/** Files that this process has open, connections over TCP not counted: clients keep those for their next request. */
function openFiles(): number {
  const inodes = (file: string, column: number) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => `socket:[${line.trim().split(/\s+/)[column] ?? ''}]`);
  const connections = new Set([...inodes('/proc/net/tcp', 9), ...inodes('/proc/net/tcp6', 9)]);
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return !connections.has(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
}

/** Children of this process, which is the gateway, that have ended and are not waited for. */
function zombies(): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const { parent, state } = readProcStat(Number(name));
      return parent === process.pid && state === 'Z' ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

describe('nothing is left', () => {
  test('of 140 sessions that were opened and abandoned, once they are idle [ops-stdio-nothing-left]', async () => {
    await addProgram(gateway, 'abandoned', { command: '/bin/sh', args: [SMALL_SERVER, markOf('abandoned')] });
    const first = client('abandoned');
    expect(await first.initialize()).toMatchObject({ status: 200 });
    await expect.poll(() => processesOf('abandoned')).toEqual([]);
    const before = openFiles();
    const clients = Array.from({ length: 140 }, () => client('abandoned'));
    const statuses: number[] = [];
    for (let at = 0; at < clients.length; at += 20) {
      const answers = await Promise.all(clients.slice(at, at + 20).map((each) => each.initialize()));
      statuses.push(...answers.map(({ status }) => status));
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
    await expect.poll(() => processesOf('abandoned')).toEqual([]);
    await expect.poll(() => openFiles() - before).toBeLessThan(5);
    await expect.poll(zombies).toEqual([]);
    // Their sessions are still good: what they need is started anew.
    expect(await first.legacy('ping')).toMatchObject({ status: 200, body: { result: {} } });
    await Promise.all([first, ...clients].map((each) => each.end()));
  });

  test('of 60 more, of /mcp, whose clients leave in the middle of a call, or whose programs are killed [ops-stdio-nothing-left]', async () => {
    await addProgram(gateway, 'left', { command: '/bin/sh', args: [SMALL_SERVER, markOf('left')] });
    const first = client('?servers=left');
    expect(await first.initialize()).toMatchObject({ status: 200 });
    await expect.poll(() => processesOf('left')).toEqual([]);
    const [files, inHome] = [openFiles(), filesIn(gateway.home)];
    const clients = Array.from({ length: 60 }, () => client('?servers=left'));
    const leaving = new AbortController();
    const calls: Promise<unknown>[] = [];
    for (const each of clients) {
      // A client of a later revision could come back for its answer, for a minute.
      expect(await each.initialize({}, '2025-06-18')).toMatchObject({ status: 200 });
      calls.push(each.call('left__hang', leaving.signal).catch(() => undefined));
    }
    await expect.poll(() => processesOf('left').length).toBe(60);
    for (const pid of processesOf('left').slice(0, 30)) process.kill(pid, 'SIGKILL');
    leaving.abort();
    await Promise.all(calls);
    await expect.poll(() => processesOf('left')).toEqual([]);
    await expect.poll(() => openFiles() - files).toBeLessThan(5);
    await expect.poll(zombies).toEqual([]);
    expect(filesIn(gateway.home)).toEqual(inHome);
    // Their sessions are still good.
    expect(await clients[0]?.legacy('ping')).toMatchObject({ status: 200, body: { result: {} } });
    await Promise.all([first, ...clients].map((each) => each.end()));
    await expect.poll(() => processesOf('left')).toEqual([]);
  });

  test('of what a gateway has started, when it is killed [ops-stdio-nothing-left]', async () => {
    await addProgram(gateway, 'killed', { isolation: 'shared' });
    await addOdd(gateway, 'stubborn', 'ignores-term');
    const { databaseUrl = '', eventStoreUrl, jwtSecret = '', encryptionKey = '' } = gateway.settings;
    const stores = {
      DATABASE_URL: databaseUrl,
      ...(eventStoreUrl !== undefined && { EVENT_STORE_URL: eventStoreUrl }),
    };
    const env = { ...stores, JWT_SECRET: jwtSecret, ENCRYPTION_KEY: encryptionKey };
    const temporary = mkdtempSync(join(tmpdir(), 'metamcp-leftovers-'));
    const inHome = filesIn(gateway.home);
    await using other = await startGatewayProcess({ home: gateway.home, env: { ...env, TMPDIR: temporary } });
    const [shared, own, all] = [client('killed', other), client('stubborn', other), client('?servers=killed', other)];
    await Promise.all([shared.initialize(), own.initialize(), all.initialize()]);
    await shared.who();
    expect(await all.who('legacy', 'killed__who')).toHaveProperty('pid');
    expect([...processesOf('killed'), ...processesOf('stubborn')]).toHaveLength(2);
    // A session whose process runs there is none here: the client begins anew.
    const astray = client('killed');
    astray.session = shared.session;
    expect(await astray.legacy('tools/list')).toMatchObject({ status: 404 });
    other.kill('SIGKILL');
    await expect.poll(() => [...processesOf('killed'), ...processesOf('stubborn')]).toEqual([]);
    expect(filesIn(gateway.home)).toEqual(inHome);
    expect(filesIn(temporary)).toEqual([]);
    rmSync(temporary, { recursive: true });
  });
});

test('servers that hang, crash, flood, print garbage, read nothing or list 10 MB are noticed by no other [ops-stdio-alone]', async () => {
  const oddities = ['garbage', 'list', 'deaf', 'exits', 'closes-output', 'floods'];
  for (const oddity of oddities) await addOdd(gateway, `odd-${oddity}`, oddity);
  await addProgram(gateway, 'healthy', { isolation: 'shared', timeouts: { idleStopMs: 60_000 } });
  const healthy = client('healthy');
  await healthy.initialize();
  const { pid } = await healthy.who();
  const odd = oddities.map((oddity) => client(`odd-${oddity}`));
  const opened = await Promise.all(odd.map((each) => each.initialize()));
  expect(opened.map(({ status }, n) => [oddities[n], status < 300])).toEqual([
    ['garbage', true],
    ['list', true],
    ['deaf', true],
    ['exits', false],
    ['closes-output', false],
    ['floods', true],
  ]);
  const [garbage, list, deaf, , , floods] = odd as [
    EndpointClient,
    EndpointClient,
    EndpointClient,
    unknown,
    unknown,
    EndpointClient,
  ];
  const hanging = [healthy.legacy('tools/call', { name: 'hang', arguments: {} }), deaf.legacy('hang')];
  const lists = Promise.all(Array.from({ length: 4 }, () => list.legacy('tools/list')));
  const others = Promise.all([garbage, floods].map((each) => each.legacy('pid')));
  for (let n = 0; n < 50; n++) expect(await healthy.who()).toMatchObject({ pid });
  for (const answer of await lists) expect(answer.body.result?.tools).toHaveLength(10_000);
  for (const answer of await others) expect(answer.body.result).toHaveProperty('pid');
  await Promise.all([...odd, healthy].map((each) => each.end()));
  await Promise.all(hanging);
});
