import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, it } from 'vitest';
import { Handover } from '../../src/workers/handover.ts';
import { Workers } from '../../src/workers/workers.ts';
import { WorkerTotals } from '../../src/workers/workerTotals.ts';

const PROGRAM = fileURLToPath(new URL('plainWorker.ts', import.meta.url));

interface Line {
  readonly msg: string;
  readonly waitMs?: number;
}

/** Workers without a gateway, in processes of their own, behind a supervisor's listener in this one. */
async function open({ count = 2, silentMs }: { count?: number; silentMs?: number } = {}) {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-workers-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const log: Line[] = [];
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line) as Line) });
  const env: Record<string, string> = {};
  const handover = new Handover(() => workers);
  const workers: Workers = new Workers({
    count,
    group: 'test',
    folder,
    program: { command: [PROGRAM], cwd: folder, env },
    logger,
    totals: new WorkerTotals(),
    onLeftOver: (connection) => handover.give(connection),
    onLastLeave: () => Promise.resolve(),
    onChange: () => handover.giveWaiting(),
    silentMs,
  });
  handover.server.listen(0, '127.0.0.1');
  await once(handover.server, 'listening');
  opened.defer(() => handover.end());
  opened.defer(() => workers.stop());
  if ((await workers.start()) !== undefined) throw new Error('the first worker has ended');
  const { port } = handover.server.address() as AddressInfo;
  const clients = new Set<Socket>();
  opened.defer(() => clients.forEach((client) => client.destroy()));
  const closing = opened.move();
  return {
    workers,
    /** Of the workers' processes. */
    env,
    logged: (msg: string) => log.filter((line) => line.msg.includes(msg)),
    pids: () => [...workers].map(({ pid = 0 }) => pid),
    serving: () => [...workers].filter(({ takes }) => takes).length,
    /** Connections that this process holds for workers. */
    held: () => (handover.server as Server & { _connections: number })._connections,
    /** Asks by a new connection. @returns the process that has answered */
    async ask(path = '/'): Promise<number> {
      const asked = request({ port, host: '127.0.0.1', agent: false, path }).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      return Number((await answer.toArray()).join(''));
    },
    /** A client that connects, and says nothing. */
    async silent(): Promise<Socket> {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      clients.add(socket);
      await once(socket, 'connect');
      return socket;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

const LONG = { timeout: 60_000 };

// Most of their time is waits of the workers, which pass together.
describe.concurrent('workers', () => {
  it('one that ends again and again is started ever later, and the other one serves [ops-workers-crash]', async ({
    expect,
  }) => {
    await using world = await open();
    const { workers, ask, logged, serving, pids } = world;
    const [, sound] = workers;
    const waits = () => logged('a worker has ended').map(({ waitMs = 0 }) => waitMs);
    for (let ends = 1; ends <= 5; ends += 1) {
      const victim = [...workers].find((worker) => worker !== sound && worker.takes);
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      await expect.poll(() => waits().length, LONG).toBe(ends);
      expect(await ask()).toBe(sound?.pid);
      if (ends < 5) await expect.poll(serving, LONG).toBe(2);
    }
    expect(waits().map((ms, at) => ms >= 50 * 2 ** at && ms <= 100 * 2 ** at)).toEqual([true, true, true, true, true]);
    // A roll brings a new one while the place is empty; then the wait is over.
    await workers.roll();
    await delay(100 * 2 ** 4);
    expect(serving()).toBe(2);
    expect(pids()).toHaveLength(2);
  });

  it.for(['at its start', 'before it is ready'])(
    'one that hangs %s is killed [ops-workers-crash]',
    async (when, { expect }) => {
      await using world = await open({ count: 1, silentMs: 6_000 });
      world.env['HANGS'] = when;
      await world.workers.roll();
      expect(world.logged('a worker hangs')).toHaveLength(1);
      expect(world.logged('not replaced any further')).toHaveLength(1);
      expect(world.serving()).toBe(1);
    },
  );

  it('one that hangs is killed, and others serve what it was given [ops-workers-crash]', async ({ expect }) => {
    await using world = await open({ silentMs: 6_000 });
    const { workers, ask, logged, serving, held } = world;
    const [, hanging = 0] = world.pids();
    process.kill(hanging, 'SIGSTOP');
    const waiting = times(20, () => ask());
    // It is found out by what it does not take, and gets no more.
    await expect.poll(() => [...workers].some(({ isBehind }) => isBehind), LONG).toBe(true);
    const prompt = await Promise.all(times(20, () => ask()));
    expect(prompt).not.toContain(hanging);
    expect(logged('a worker hangs')).toEqual([]);
    const late = await Promise.all(waiting);
    expect(late).not.toContain(hanging);
    expect(logged('a worker hangs')).toHaveLength(1);
    await expect.poll(serving, LONG).toBe(2);
    await expect.poll(held).toBe(0);
  });

  it('who connects while there is none waits for one [ops-workers-crash]', async ({ expect }) => {
    await using world = await open({ count: 1 });
    const { workers, ask, held } = world;
    const [before = 0] = world.pids();
    process.kill(before, 'SIGSTOP');
    const asked = times(200, () => ask());
    await expect.poll(held, LONG).toBe(200);
    process.kill(before, 'SIGKILL');
    await expect.poll(() => [...workers].some(({ takes }) => takes), LONG).toBe(false);
    const served = await Promise.all([...asked, ...times(20, () => ask())]);
    expect(new Set(served).size).toBe(1);
    expect(served).not.toContain(before);
    await expect.poll(held).toBe(0);
  });

  it('connections that one can’t take are given up, and nothing holds them [ops-workers-crash]', async ({ expect }) => {
    await using world = await open({ count: 1 });
    const { ask, held, silent } = world;
    const [pid] = world.pids();
    const allowFiles = (count: number) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
    allowFiles(30);
    const clients = await Promise.all(times(40, silent));
    await expect.poll(held, LONG).toBeGreaterThan(5);
    allowFiles(1_000);
    expect(await ask()).toBe(pid);
    await expect.poll(held).toBe(0);
    await expect.poll(() => clients.filter(({ closed }) => closed).length).toBeGreaterThan(5);
  });

  it('one that has lost connections is given others once it takes them again [ops-workers-crash]', async ({
    expect,
  }) => {
    await using world = await open();
    const { ask, held, silent } = world;
    const [pid] = world.pids();
    const allowFiles = (count: number) => execFileSync('prlimit', ['--pid', String(pid), `--nofile=${count}:`]);
    allowFiles(20);
    await Promise.all(times(8, silent));
    await expect.poll(held, LONG).toBeGreaterThan(0);
    // Longer than a channel tries to hand a connection over.
    await delay(1_500);
    allowFiles(1_000);
    await expect.poll(held, LONG).toBe(0);
    await expect.poll(() => ask(), LONG).toBe(pid);
  });

  it('connections that come while one blocks are served when it goes on [ops-workers-crash]', async ({ expect }) => {
    await using world = await open({ count: 1 });
    const { ask, held } = world;
    const [pid] = world.pids();
    const blocking = ask('/block');
    // It has been taken. What comes now waits for the one after the other, longer than what is lost may take.
    await expect.poll(held, LONG).toBe(0);
    await delay(300);
    const waiting = times(6, () => ask());
    expect(new Set(await Promise.all([blocking, ...waiting]))).toEqual(new Set([pid]));
    await expect.poll(held, LONG).toBe(0);
  });

  it('a roll that is asked for during another one follows it, once [ops-workers-roll]', async ({ expect }) => {
    await using world = await open();
    await Promise.all(times(3, () => world.workers.roll()));
    expect(world.logged('a worker was replaced')).toHaveLength(4);
  });

  it('a stop during a roll ends all of them [ops-workers-end]', async ({ expect }) => {
    await using world = await open();
    const rolled = world.workers.roll();
    await expect.poll(() => world.pids().length, LONG).toBe(3);
    await world.workers.stop();
    await rolled;
    expect(world.pids()).toEqual([]);
  });

  it('connections that stand open are spread, and the supervisor holds none [ops-workers]', async ({ expect }) => {
    await using world = await open();
    await Promise.all(times(200, world.silent));
    await expect.poll(world.held, LONG).toBe(0);
    expect([...world.workers].map(({ connections }) => connections)).toEqual([100, 100]);
  });
});
