import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../src/auth/grants.ts';
import type { CallLimits } from '../../src/calls/callLimits.ts';
import { createCallRegister } from '../../src/calls/callRegister.ts';
import { Unavailable } from '../../src/errors.ts';
import type { Scope } from '../../src/events/apiKey.ts';
import { createLogger } from '../../src/logger.ts';
import { callOf, MemoryKeys, MemoryServers } from './memory.ts';
import { createFeedByHand } from '../auth/feedByHand.ts';

const URL = 'http://127.0.0.1:1/mcp';
const [REVOKED, EXPIRED, CHANGED] = ['key-revoked', 'key-expired', 'key-access-changed'].map(
  (code) => `unauthorized ${code}`,
);

function setUp(limits: Partial<CallLimits> = {}) {
  const [keys, servers] = [new MemoryKeys(), new MemoryServers()];
  const time = { nowMs: 1_000 };
  let wake: () => void = () => undefined;
  const errors: unknown[] = [];
  const logger = createLogger('silent');
  logger.error = (error: unknown) => errors.push(error);
  const clock = () => time.nowMs;
  const register = createCallRegister({
    feed: createFeedByHand().feed,
    keys,
    servers,
    clock,
    steadyClock: clock,
    logger,
    limits: { sweepMs: 1, drainMs: 1_000, ...limits },
    startTimer(_delayMs, callback) {
      wake = callback;
      return () => undefined;
    },
  });
  const key = keys.add('k');
  const github = servers.set('github', URL);
  const openAll = (...calls: ReturnType<typeof callOf>[]) => calls.map(({ call }) => register.open(call));
  return { register, keys, servers, key, github, time, errors, openAll, wake: () => wake() };
}

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the calls of a key', () => {
  test('that pass on the whole server end when only tools of it are left, and those of tools go on', () => {
    const { keys, key, github, openAll } = setUp();
    const [stream, call, batch] = [
      callOf(key, github),
      callOf(key, github, 'search'),
      callOf(key, github, 'search', 'read'),
    ];
    openAll(stream, call, batch);
    keys.change(key, { grants: compileGrants(['github', 'gitlab:x']) });
    expect(stream.cuts).toEqual([]);
    keys.change(key, { grants: compileGrants(['github:search']) });
    expect([stream.cuts, call.cuts, batch.cuts]).toEqual([[CHANGED], [], [CHANGED]]);

    const filtered = callOf(key, github);
    openAll(filtered);
    keys.change(key, {});
    expect(filtered.cuts).toEqual([]);
  });

  test('that mix tools with other messages pass on the whole server', () => {
    const { keys, key, github, register } = setUp();
    const mixed = callOf(key, github, 'search');
    register.open({ ...mixed.call, onlyTools: false });
    keys.change(key, { grants: compileGrants(['github:search']) });
    expect(mixed.cuts).toEqual([CHANGED]);
  });

  test.each([
    ['is inactive', { active: false }, REVOKED],
    ['is rotated out', { validUntilMs: 1_000 }, REVOKED],
    ['has expired', { expiresAtMs: 1_000 }, EXPIRED],
    ['lost the scope mcp', { scopes: new Set<Scope>(['servers:read']) }, CHANGED],
    ['lost the server', { grants: compileGrants(['gitlab']) }, CHANGED],
    ['lost the tool', { grants: compileGrants(['github:other']) }, CHANGED],
    ['is gone', undefined, REVOKED],
  ])('end when it %s, and no new one begins', (_what, change, reason) => {
    const { register, keys, key, github } = setUp();
    const { call, cuts } = callOf(key, github, 'search');
    register.open(call);
    keys.change(key, change);
    expect(cuts).toEqual([reason]);
    expect(`unauthorized ${codeOf(() => register.open(call))}`).toBe(reason);
  });

  test('that it may still make go on, and those of other keys too', () => {
    const { keys, servers, key, github, openAll } = setUp();
    const [gitlab, files] = [servers.set('gitlab', URL), servers.set('files', URL)];
    const other = callOf(keys.add('other'), gitlab);
    const kept = [callOf(key, github, 'search'), callOf(key, files), callOf(key, files, 'read')];
    const lost = [callOf(key, github, 'delete'), callOf(key, gitlab), callOf(key, gitlab, 'search')];
    openAll(other, ...kept, ...lost);
    keys.change(key, { grants: compileGrants(['github:search', 'files']), validUntilMs: 1_001 });
    expect([other, ...kept].flatMap(({ cuts }) => cuts)).toEqual([]);
    expect(lost.flatMap(({ cuts }) => cuts)).toEqual(Array<string>(3).fill(CHANGED!));
  });

  test.each([
    ['expiry', { expiresAtMs: 2_000 }, EXPIRED],
    ['the end of a rotation’s grace', { validUntilMs: 2_000 }, REVOKED],
  ])('end by themselves at %s, wherever it is moved to [auth-expiry]', (_what, end, reason) => {
    const { keys, key, github, time, wake, openAll } = setUp();
    const [call, later] = [callOf(key, github), callOf(key, github)];
    keys.change(key, end);
    openAll(call);
    time.nowMs = 1_999;
    wake();
    expect(call.cuts).toEqual([]);
    keys.change(key, { expiresAtMs: 3_000, validUntilMs: 3_000 });
    time.nowMs = 2_000;
    wake();
    expect(call.cuts).toEqual([]);
    keys.change(key, { expiresAtMs: Infinity, validUntilMs: Infinity, ...end });
    openAll().push(() => undefined);
    expect(call.cuts).toEqual([reason]);
    expect(later.cuts).toEqual([]);
  });

  test('hold it in memory until some time after the last', async () => {
    const { keys, servers, key, github, openAll } = setUp();
    const ends = openAll(callOf(key, github), callOf(key, github));
    expect([keys.held, servers.held]).toEqual([[key.keyId], ['github']]);
    for (const end of ends) end();
    await expect.poll(() => [keys.held, servers.held]).toEqual([[], []]);
    openAll(callOf(key, github));
    expect([keys.held, servers.held]).toEqual([[key.keyId], ['github']]);
  });

  test('are all cut once, though one throws and others end at once', () => {
    const { register, keys, key, github, errors } = setUp();
    let cuts = 0;
    const ends: (() => void)[] = [];
    for (let i = 0; i < 5; i += 1) {
      const cut = (): void => {
        cuts += 1;
        if (i % 2 === 0) for (const end of ends.slice(i - 1)) end();
        if (i === 1) throw new Error('socket is gone');
      };
      ends.push(register.open({ ...callOf(key, github).call, cut }));
    }
    keys.change(key, undefined);
    keys.change(key, undefined);
    expect(cuts).toBeGreaterThan(0);
    expect(cuts).toBeLessThanOrEqual(5);
    for (const end of [...ends, ...ends]) end();
    expect(register.size).toBe(0);
    expect(errors.length).toBeLessThanOrEqual(1);
  });

  test('that is being read again are held to what the read finds', async () => {
    const { register, keys, key, github } = setUp();
    const { call, cuts } = callOf(key, github);
    keys.reading = Promise.reject(new Unavailable('database-unavailable', 'gone'));
    register.open(call);
    await expect.poll(() => cuts).toEqual(['unavailable database-unavailable']);
    // What has ended is not cut any more.
    const ended = callOf(key, github);
    register.open(ended.call)();
    await keys.reading.catch(() => undefined);
    expect(ended.cuts).toEqual([]);
  });
});

describe('the calls at a server', () => {
  test.each([
    ['disabled', { enabled: false }, 'server-disabled'],
    ['moved', { url: new globalThis.URL('http://127.0.0.1:2/mcp') }, 'server-changed'],
    ['moved by a letter of its query', { url: new globalThis.URL(`${URL}?a`) }, 'server-changed'],
    ['deleted', undefined, 'server-deleted'],
  ])('end when it is %s, and none begins that was meant for the one before', (_what, change, code) => {
    const { register, servers, key, github } = setUp();
    const [here, elsewhere] = [callOf(key, github, 'search'), callOf(key, servers.set('files', URL))];
    for (const { call } of [here, elsewhere]) register.open(call);
    if (change === undefined) servers.remove('github');
    else servers.set('github', URL, change);
    expect([here.cuts, elsewhere.cuts]).toEqual([[`unavailable ${code}`], []]);
    expect(codeOf(() => register.open(here.call))).toBe(code);
  });

  test('go on when something else of it changes', () => {
    const { register, servers, key, github } = setUp();
    const { call, cuts } = callOf(key, github);
    register.open(call);
    servers.set('github', URL, { headers: { a: 'b' } });
    expect(cuts).toEqual([]);
    expect(codeOf(() => register.open(call))).toBeUndefined();
  });

  test('that is being read again end when it can’t be read', async () => {
    const { register, servers, key, github } = setUp();
    const { call, cuts } = callOf(key, github);
    servers.reading = Promise.reject(new Unavailable('database-unavailable', 'gone'));
    register.open(call);
    await expect.poll(() => cuts).toEqual(['unavailable database-unavailable']);
  });

  test('are not more than it takes, whoever makes them, and a cut one fills its place until it has ended', () => {
    const { register, keys, servers, key } = setUp();
    const server = servers.set('small', URL, { limits: { maxInFlight: 2 } });
    const [first] = [register.open(callOf(key, server).call), register.open(callOf(keys.add('b'), server).call)];
    expect(codeOf(() => register.open(callOf(keys.add('c'), server).call))).toBe('server-busy');
    const standing = { ...callOf(key, server).call, standing: true };
    expect(codeOf(() => register.open(standing))).toBeUndefined();
    keys.change(key, undefined);
    expect(codeOf(() => register.open(callOf(keys.add('c'), server).call))).toBe('server-busy');
    first?.();
    expect(codeOf(() => register.open(callOf(keys.add('c'), server).call))).toBeUndefined();
  });

  test('of one key leave places for others', () => {
    const { register, keys, servers } = setUp();
    const fill = (token: string, maxInFlight: number): number => {
      const server = servers.set('shared', URL, { limits: { maxInFlight } });
      const principal = keys.add(token);
      for (let n = 0; ; n += 1) if (codeOf(() => register.open(callOf(principal, server).call)) !== undefined) return n;
    };
    expect([fill('a', 1_000), fill('b', 1_000), fill('c', 1_000)]).toEqual([750, 188, 47]);
    const server = servers.set('shared', URL, { limits: { maxInFlight: 1_000 } });
    expect(codeOf(() => register.open(callOf(keys.add('a'), server).call))).toBe('too-many-calls');
    expect(codeOf(() => register.open(callOf(keys.add('d'), server).call))).toBeUndefined();
  });

  test.each([1, 2, 3])('of one key may fill a server that takes only %i', (maxInFlight) => {
    const { register, servers, key } = setUp();
    const server = servers.set('small', URL, { limits: { maxInFlight } });
    for (let n = 0; n < maxInFlight; n += 1) register.open(callOf(key, server).call);
    expect(codeOf(() => register.open(callOf(key, server).call))).toBe('server-busy');
  });

  test('that stand open are not more than a key may have there', () => {
    const { register, keys, servers, key, github } = setUp({ maxStandingPerKey: 2 });
    const standing = (principal = key, server = github) => ({ ...callOf(principal, server).call, standing: true });
    const [first] = [register.open(standing()), register.open(standing())];
    expect(codeOf(() => register.open(standing()))).toBe('too-many-streams');
    expect(codeOf(() => register.open(standing(keys.add('other'))))).toBeUndefined();
    expect(codeOf(() => register.open(standing(key, servers.set('files', URL))))).toBeUndefined();
    first?.();
    expect(codeOf(() => register.open(standing()))).toBeUndefined();
  });
});

describe('bodies under way', () => {
  test('are bounded for a key, and for all together', () => {
    const { register, keys, key } = setUp({ maxBodyBytesPerKey: 100, maxBodyBytes: 200 });
    const other = keys.add('other');
    const [one, two, others] = [register.leaseBody(key), register.leaseBody(key), register.leaseBody(other)];
    one.grow(60);
    expect(codeOf(() => two.grow(41))).toBe('too-many-bodies');
    two.grow(40);
    expect(codeOf(() => others.grow(76))).toBe('too-many-bodies');
    others.grow(75);
    // What is left is not for who has much already.
    expect(codeOf(() => others.grow(1))).toBe('too-many-bodies');
    expect(codeOf(() => register.leaseBody(keys.add('third')).grow(10))).toBeUndefined();
    one.release();
    one.release();
    others.grow(25);
    expect(codeOf(() => others.grow(1))).toBe('too-many-bodies');
    two.grow(1);
  });
});

describe('the end', () => {
  test('ends streams of servers, waits for calls, then cuts; feeds are cut last', async () => {
    const { register, key, github } = setUp({ drainMs: 60_000 });
    const order: string[] = [];
    const ends: (() => void)[] = [];
    const enter = (name: string, call: Partial<ReturnType<typeof callOf>['call']>): void => {
      const cut = (): void => {
        order.push(`${name} cut`);
        ends[index]?.();
      };
      const index = ends.push(register.open({ ...callOf(key, github).call, cut, ...call })) - 1;
    };
    enter('feed', { server: undefined, standing: true });
    enter('stream', {
      standing: true,
      endStanding() {
        order.push('stream ended');
        ends[1]?.();
        return true;
      },
    });
    enter('call', {});
    const stopped = register[Symbol.asyncDispose]();
    expect(order).toEqual(['stream ended']);
    expect(codeOf(() => register.open(callOf(key, github).call))).toBe('gateway-stopping');
    ends[2]?.();
    await stopped;
    expect(order).toEqual(['stream ended', 'feed cut']);
    expect(register.size).toBe(0);
  });

  test('cuts what does not end in time', async () => {
    const { register, key, github } = setUp({ drainMs: 1 });
    const { call, cuts } = callOf(key, github);
    register.open(call);
    await register[Symbol.asyncDispose]();
    expect(cuts).toEqual(['unavailable gateway-stopping']);
  });
});
