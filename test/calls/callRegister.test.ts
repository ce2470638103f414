import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../src/access/grants.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import type { Scope } from '../../src/events/apiKey.ts';
import { callOf } from './memory.ts';
import { codeOf, SERVER_URL, setUp } from './registerWorld.ts';

const [REVOKED, EXPIRED, CHANGED] = ['key-revoked', 'key-expired', 'key-access-changed'].map(
  (code) => `unauthorized ${code}`,
);

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

    expect(codeOf(() => openAll(callOf(key, github)))).toBe('key-access-changed');
  });

  test('that are filtered by tools end when one of the patterns is taken away, and go on when one is added', () => {
    const { keys, github, openAll } = setUp();
    const key = keys.add('narrow', { grants: ['github:a', 'github:b_*'] });
    const list = callOf(key, github);
    openAll(list);
    keys.change(key, {});
    keys.change(key, { grants: compileGrants(['github:c', 'github:b_*', 'github:a']) });
    keys.change(key, { grants: compileGrants(['github']) });
    expect(list.cuts).toEqual([]);
    keys.change(key, { grants: compileGrants(['github:a']) });
    expect(list.cuts).toEqual([CHANGED]);
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
    const [gitlab, files] = [servers.set('gitlab', SERVER_URL), servers.set('files', SERVER_URL)];
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
    expect([keys.holds, servers.holds]).toEqual([[key.keyId], ['github']]);
    for (const end of ends) end();
    await expect.poll(() => [keys.holds, servers.holds]).toEqual([[], []]);
    openAll(callOf(key, github));
    expect([keys.holds, servers.holds]).toEqual([[key.keyId], ['github']]);
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

  test.each([
    ['deleted', undefined, 'key-revoked'],
    ['narrowed', { grants: compileGrants(['gitlab']) }, 'key-access-changed'],
  ])(
    'that is being read again counts as it was last known: %s [auth-revocation-fails-closed]',
    (_what, change, code) => {
      const { keys, key, github, openAll } = setUp();
      openAll(callOf(key, github));
      keys.change(key, change);
      keys.reading = Promise.withResolvers<undefined>().promise;
      // The body took its time: the key was admitted before the change.
      expect(codeOf(() => openAll(callOf(key, github)))).toBe(code);
    },
  );
});

describe('the calls at a server', () => {
  test('that is being read again counts as it was last known', () => {
    const { register, servers, key, github } = setUp();
    register.open(callOf(key, github).call);
    servers.set('github', SERVER_URL, { enabled: false });
    servers.reading = Promise.withResolvers<undefined>().promise;
    expect(codeOf(() => register.open(callOf(key, github).call))).toBe('server-disabled');
  });

  test.each([
    ['disabled', { enabled: false }, 'server-disabled'],
    ['moved', { url: new URL('http://127.0.0.1:2/mcp') }, 'server-changed'],
    ['moved by a letter of its query', { url: new URL(`${SERVER_URL}?a`) }, 'server-changed'],
    ['deleted', undefined, 'server-deleted'],
  ])('end when it is %s, and none begins that was meant for the one before', (_what, change, code) => {
    const { register, servers, key, github } = setUp();
    const [here, elsewhere] = [callOf(key, github, 'search'), callOf(key, servers.set('files', SERVER_URL))];
    for (const { call } of [here, elsewhere]) register.open(call);
    if (change === undefined) servers.remove('github');
    else servers.set('github', SERVER_URL, change);
    expect([here.cuts, elsewhere.cuts]).toEqual([[`unavailable ${code}`], []]);
    expect(codeOf(() => register.open(here.call))).toBe(code);
  });

  test('go on when something else of it changes', () => {
    const { register, servers, key, github } = setUp();
    const { call, cuts } = callOf(key, github);
    register.open(call);
    servers.set('github', SERVER_URL, { headers: { a: 'b' } });
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
