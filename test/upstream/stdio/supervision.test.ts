import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { readProcStat } from '../../../src/procStat.ts';
import { callTool } from '../../../src/upstream/callTool.ts';
import { failure } from '../support/connect.ts';
import { ask, createPrograms, openOdd, processesWith, QUICK } from './oddWorld.ts';
import type { ProcessState } from '../../../src/upstream/stdio/processState.ts';

const programs = createPrograms();
afterAll(() => programs[Symbol.asyncDispose]());

describe('a program that is stopped', () => {
  test.each([
    ['ends at the end of its input', 'echo', 1],
    ['ignores that, and ends by SIGTERM', 'stays', 1],
    ['ignores that, too, and is killed', 'ignores-term', 1],
    ['leaves nothing behind that hides from its process group', 'hides', 5],
    ['leaves nothing behind that has cleared its environment, too', 'clears', 2],
  ])('%s', async (_what, oddity, processes) => {
    const token = randomUUID();
    const upstream = await openOdd(programs, oddity, { token });
    await expect.poll(() => processesWith(token).length).toBe(processes);
    await upstream[Symbol.asyncDispose]();
    expect(processesWith(token)).toEqual([]);
  });

  test('gets less time once the gateway stops, also in the middle', async () => {
    const token = randomUUID();
    const forEver = { stdinGraceMs: 1e9, termGraceMs: 1e9 };
    await using patient = createPrograms({ ...QUICK, ...forEver });
    const upstream = await openOdd(patient, 'ignores-term', { token });
    const closed = upstream[Symbol.asyncDispose]();
    patient.hasten();
    await closed;
    expect(processesWith(token)).toEqual([]);
  });

  test('takes nothing with it when it crashes, but what it has started', async () => {
    const token = randomUUID();
    await using neighbour = await openOdd(programs, 'echo', { token: 'neighbour' });
    await using upstream = await openOdd(programs, 'hides', {
      token,
      settings: { restarts: { most: 0, healthyMs: 1e9, waitMs: () => 1 } },
    });
    await expect.poll(() => processesWith(token).length).toBe(5);
    expect(await failure(ask(upstream, 'crash'))).toMatchObject({ code: 'upstream-process-ended' });
    await expect.poll(() => processesWith(token)).toEqual([]);
    expect(await ask(neighbour, 'pid')).toHaveProperty('pid');
  });
});

describe('a gateway that is killed', () => {
  test('leaves no process of its servers', async () => {
    const token = randomUUID();
    const gateway = await startGateway(token, 'echo', 'ignores-term', 'hides');
    await expect.poll(() => processesWith(token).length).toBe(8);
    gateway.kill('SIGKILL');
    await expect.poll(() => processesWith(token)).toEqual([]);
  });

  test('leaves none either when its watcher was killed before, and another has taken over', async () => {
    const token = randomUUID();
    const gateway = await startGateway(token, 'ignores-term');
    const [first] = watchersOf(gateway.pid);
    process.kill(first!, 'SIGKILL');
    await expect.poll(() => watchersOf(gateway.pid)).toEqual([expect.not.closeTo(first!, 0)]);
    gateway.kill('SIGKILL');
    await expect.poll(() => processesWith(token)).toEqual([]);
  });
});

test('a gateway and its watcher that are killed together leave no program that heeds SIGTERM', async () => {
  const token = randomUUID();
  const gateway = await startGateway(token, 'stays');
  for (const pid of [...watchersOf(gateway.pid), gateway.pid!]) process.kill(pid, 'SIGKILL');
  await expect.poll(() => processesWith(token)).toEqual([]);
});

describe('a program that ends by itself', () => {
  test('fails what is under way with its exit code and the last line that it printed, without secrets, and is started again', async () => {
    const token = 'ghp_0123456789abcdef';
    await using upstream = await openOdd(programs, 'echo', { server: { env: { TOKEN: token } } });
    const before = await ask(upstream, 'pid');
    const hanging = failure(ask(upstream, 'hang'));
    const error = await failure(ask(upstream, 'crash'));
    expect(error).toMatchObject({ code: 'upstream-process-ended', data: { server: 'odd', exitCode: 3, signal: null } });
    expect((error as Error).message).toBe(
      'The program of the server "odd" ended with exit code 3: it broke, with [secret].',
    );
    expect(await hanging).toMatchObject({ code: 'upstream-process-ended' });
    const after = await ask(upstream, 'pid');
    expect(after['pid']).not.toBe(before['pid']);
    expect(upstream.state).toMatchObject({ status: 'running', pid: after['pid'], failures: 1 });
  });

  test('again and again is given up, until it is restarted', async () => {
    await using upstream = await openOdd(programs, 'echo');
    const states: ProcessState['status'][] = [];
    upstream.onState(({ status }) => states.push(status));
    for (let n = 0; n < 3; n++) await failure(ask(upstream, 'crash'));
    await expect.poll(() => upstream.state.status).toBe('given-up');
    expect(states.slice(0, 3)).toEqual(['restarting', 'starting', 'running']);
    const refusal = await failure(ask(upstream, 'pid'));
    expect(refusal).toMatchObject({ code: 'upstream-given-up' });
    expect((refusal as Error).message).toContain('exit code 3');
    await upstream.restart();
    expect(await ask(upstream, 'pid')).toHaveProperty('pid');
  });

  test('is started again only when it is needed, and its failure counts then', async () => {
    await using upstream = await openOdd(programs, 'echo');
    const states: ProcessState['status'][] = [];
    upstream.onState(({ status }) => states.push(status));
    await failure(ask(upstream, 'crash'));
    const leaving = new AbortController();
    const call = { method: 'tools/call', params: { name: 'pid' } };
    const waiting = failure(upstream.ask(call, { signal: leaving.signal }).next());
    leaving.abort(new Error('the client is gone'));
    expect(await waiting).toMatchObject({ message: 'the client is gone' });
    await expect.poll(() => upstream.state.status).toBe('stopped');
    expect(states).toEqual(['restarting', 'stopped']);
    expect(upstream.state).toMatchObject({ failures: 1, reason: expect.stringContaining('exit code 3') as string });
    expect(await ask(upstream, 'pid')).toHaveProperty('pid');
    expect(upstream.state).toMatchObject({ status: 'running', failures: 1 });
  });

  test('at once fails the opening with what it printed', async () => {
    const error = await failure(openOdd(programs, 'exits'));
    expect(error).toMatchObject({
      code: 'upstream-process-ended',
      message: expect.stringContaining('exit code 7: no licence') as string,
    });
  });

  test('at a question before initialize is a legacy server', async () => {
    await using upstream = await openOdd(programs, 'ends-at-probe', { era: undefined });
    expect(upstream.facts.era).toBe('legacy');
  });
});

test('a server that never answers what it does not know is found to be a legacy one', async () => {
  await using upstream = await openOdd(programs, 'silent', { era: undefined, settings: { probeMs: 1 } });
  expect(upstream.facts.era).toBe('legacy');
});

test('a program that nobody uses is stopped, and started when it is needed, each time', async () => {
  await using upstream = await openOdd(programs, 'echo', { settings: { idleStopMs: 1 } });
  for (let time = 0; time < 2; time += 1) {
    await expect.poll(() => upstream.state.status).toBe('stopped');
    expect(await ask(upstream, 'pid')).toHaveProperty('pid');
  }
  await expect.poll(() => upstream.state.status).toBe('stopped');
});

describe('a program gets', () => {
  test('a bounded environment, its working directory, its limits and its arguments as they are', async () => {
    await using upstream = await openOdd(programs, 'echo', {
      token: '$HOME; "quoted" \'too\'',
      server: { env: { TOKEN: 'a=b' }, cwd: '/tmp', limits: { memoryBytes: 2e9, openFiles: 100 } },
    });
    const { env, argv, cwd } = await ask(upstream, 'env');
    const names = Object.keys(env as object);
    const allowed = [
      'PATH',
      'HOME',
      'USER',
      'LOGNAME',
      'SHELL',
      'LANG',
      'LC_ALL',
      'LC_CTYPE',
      'TZ',
      'TMPDIR',
      'TOKEN',
      'METAMCP_STDIO_PROGRAM',
      'PWD',
      'OLDPWD',
      'SHLVL',
      '_',
    ];
    expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(env).toMatchObject({ TOKEN: 'a=b' });
    expect((argv as string[]).at(-1)).toBe('$HOME; "quoted" \'too\'');
    expect(cwd).toBe('/tmp');
    expect(processesWith('a=b')).toEqual([]);
  });

  test.each([
    [{ command: 'no-such-program' }, 'upstream-command-unusable', 'there is no no-such-program in PATH'],
    [{ command: '/etc/passwd' }, 'upstream-command-unusable', 'chmod +x'],
    [{ cwd: '/no/such/folder' }, 'upstream-command-unusable', 'is not a folder'],
    [{ env: { 'A=B': 'x' } }, 'environment-invalid', 'holds "="'],
    [{ env: { A: 'x\0' } }, 'environment-invalid', 'NUL'],
  ])('no start with %j, but an error that says why', async (server, code, words) => {
    const error = await failure(openOdd(programs, 'echo', { server }));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) as string });
  });

  test('its limits, which hold', async () => {
    const program = await programs.start({
      server: 'odd',
      command: 'sh',
      args: ['-c', 'ulimit -d; ulimit -n'],
      env: {},
      limits: { memoryBytes: 512 * 1024 * 1024, openFiles: 64 },
    });
    const lines = (await Array.fromAsync(program.stdout)).join('');
    expect(lines).toBe('524288\n64\n');
    await program.swept;
  });
});

test('the tools of a program are called like any other', async () => {
  await using upstream = await openOdd(programs, 'echo');
  expect(await failure(callTool(upstream, { name: 'x', args: {} }))).toMatchObject({
    rpc: { message: 'no tools/call x' },
  });
});

/** Starts a process that opens servers. */
async function startGateway(token: string, ...oddities: string[]) {
  const file = join(import.meta.dirname, 'programs', 'gateway.ts');
  const gateway = spawn(process.execPath, [file, token, ...oddities], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void gateway.kill('SIGKILL'));
  await once(gateway.stdout, 'data');
  return gateway;
}

function watchersOf(gateway: number | undefined): number[] {
  return processesWith('watcherProcess').filter((pid) => readProcStat(pid).parent === gateway);
}
