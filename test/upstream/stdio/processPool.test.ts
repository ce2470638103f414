import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Principal } from '../../../src/auth/principal.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import type { LiveServer, ServerProgram } from '../../../src/live/liveServer.ts';
import { createLogger } from '../../../src/logging/logger.ts';
import { ProcessPool, type ProcessRequest, type ProcessPoolOptions } from '../../../src/upstream/stdio/processPool.ts';
import type { SlotLimits } from '../../../src/upstream/stdio/programSlots.ts';
import { request } from '../../../src/upstream/request.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import { failure } from '../support/connect.ts';
import { createPrograms, QUICK } from './oddWorld.ts';

const programs = createPrograms();
afterAll(() => programs[Symbol.asyncDispose]());

const ODD_SERVER = join(import.meta.dirname, 'programs', 'oddServer.ts');
const clientInfo = { name: 'metamcp', version: '1' };

function createPool(
  limits: Partial<SlotLimits> = {},
  clocks: Partial<Pick<ProcessPoolOptions, 'clock' | 'steadyClock'>> = {},
): ProcessPool {
  const register = { open: () => () => undefined };
  const logger = createLogger('silent');
  const all = { all: 10, server: 10, key: 10, ...limits };
  return new ProcessPool({
    programs,
    register,
    settings: QUICK,
    limits: all,
    clientInfo,
    logger,
    ...clocks,
  });
}

function serverOf(name: string, isolation: ServerProgram['isolation'], oddity = 'none'): LiveServer {
  const program = { command: process.execPath, args: [ODD_SERVER, oddity], cwd: undefined, env: {}, isolation };
  const rest = { enabled: true, url: undefined, headers: {}, timeouts: DEFAULT_TIMEOUTS, limits: DEFAULT_LIMITS };
  return { name, id: name, transport: 'stdio', program, revision: 0, ...rest };
}

function requestOf(keyId: string, inSession = false): ProcessRequest {
  const principal: Principal = {
    keyId,
    keyName: keyId,
    scopes: new Set(['mcp']),
    grants: { patterns: ['*'], forServer: () => 'all' },
    key: undefined,
  };
  return { client: { clientInfo, capabilities: {} }, era: 'legacy', user: { principal, inSession } };
}

const pidOf = async (upstream: Upstream) => (await request(upstream, { method: 'pid' }))['pid'];

describe('a slot for a program', () => {
  test('is refused with a remedy when the key, the server or the gateway has as many as it may [ops-stdio-bounded]', async () => {
    for (const [of, words] of [
      ['key', 'STDIO_MAX_PROGRAMS_PER_KEY'],
      ['server', 'isolation key or shared'],
      ['all', 'raise STDIO_MAX_PROGRAMS.'],
    ] as const) {
      await using pool = createPool({ [of]: 1 });
      const server = serverOf('files', 'session');
      await using first = await pool.open(server, requestOf('a', true));
      const refusal = await failure(pool.open(server, requestOf('a', true)));
      expect(refusal).toMatchObject({
        code: 'too-many-programs',
        data: { of, limit: 1 },
        message: expect.stringContaining(words),
      });
      // Nothing is wrong with the server: it is not tried less often.
      expect(pool.processesOf('files').failedStart).toBeUndefined();
      expect(await pidOf(first)).toBeTypeOf('number');
    }
  });

  test('is given up by a warm process that nobody holds [ops-stdio-bounded]', async () => {
    await using pool = createPool({ all: 1 });
    const warm = await pool.open(serverOf('warm', 'shared'), requestOf('a'));
    await warm[Symbol.asyncDispose]();
    expect(pool.processesOf('warm').processes).toMatchObject([{ status: 'running', holders: 0 }]);
    await using next = await pool.open(serverOf('next', 'shared'), requestOf('a'));
    expect(await pidOf(next)).toBeTypeOf('number');
    expect(pool.processesOf('warm').processes).toEqual([]);
  });
});

describe('a shared process', () => {
  test('is opened once for all who come at once, and who leaves ends nothing for the others [proxy-stdio-isolation]', async () => {
    await using pool = createPool();
    const server = serverOf('shared', 'shared');
    const leaving = new AbortController();
    const left = failure(pool.open(server, { ...requestOf('a'), signal: leaving.signal }));
    const others = ['b', 'c'].map((key) => pool.open(server, requestOf(key)));
    leaving.abort(new Error('it left'));
    expect(await left).toMatchObject({ message: 'it left' });
    const [b, c] = await Promise.all(others);
    expect(await pidOf(b!)).toBe(await pidOf(c!));
    const hanging = failure(request(b!, { method: 'hang' }));
    await b![Symbol.asyncDispose]();
    expect(await hanging).toMatchObject({ code: 'upstream-closed' });
    expect(await pidOf(c!)).toBeTypeOf('number');
    expect(await failure(request(b!, { method: 'pid' }))).toMatchObject({ code: 'upstream-closed' });
  });

  test('whose opening nobody waits for any more is not opened [proxy-stdio-isolation]', async () => {
    await using pool = createPool();
    const leaving = new AbortController();
    const left = failure(
      pool.open(serverOf('left', 'shared', 'silent'), { ...requestOf('a'), era: undefined, signal: leaving.signal }),
    );
    leaving.abort(new Error('it left'));
    expect(await left).toMatchObject({ message: 'it left' });
    expect(pool.processesOf('left')).toEqual({ processes: [], failedStart: undefined });
  });
});

test('a program that can’t be started is tried again after growing waits, or when it is restarted [proxy-stdio-throttled]', async () => {
  let now = 0;
  let setBackMs = 0;
  await using pool = createPool({}, { clock: () => now - setBackMs, steadyClock: () => now });
  const server = serverOf('exits', 'session', 'exits');
  const code = async () => ((await failure(pool.open(server, requestOf('a', true)))) as { code: string }).code;
  expect([await code(), await code(), await code()]).toEqual([
    'upstream-process-ended',
    'upstream-process-ended',
    'upstream-start-failed',
  ]);
  now += 1;
  // Its wait is no longer for that.
  setBackMs = 3_600_000;
  expect(await code()).toBe('upstream-process-ended');
  expect(await code()).toBe('upstream-start-failed');
  await pool.restart('exits');
  expect(await code()).toBe('upstream-process-ended');
});
