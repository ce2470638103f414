import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeApiKey } from '../../src/auth/keyFormat.ts';
import type { Principal } from '../../src/auth/principal.ts';
import { callOf } from '../calls/memory.ts';
import { Limited } from '../../src/errors/appError.ts';
import { isoTime } from '../../src/clock.ts';
import { openAuthWorld, type AuthWorld } from './authWorld.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const [REVOKED, CHANGED] = ['unauthorized key-revoked', 'unauthorized key-access-changed'];
const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
/** Runs what may throw or reject. */
const attempt = async (world: AuthWorld, credential: string) => world.authenticate(bearer(credential));

function callWith({ servers }: AuthWorld, principal: Principal, server: string, ...tools: string[]) {
  return callOf(principal, servers.set(server, 'http://127.0.0.1:1/'), ...tools);
}

let world: AuthWorld;
beforeAll(async () => {
  world = await openAuthWorld();
});
beforeEach(() => {
  world.time.nowMs = NOW;
  world.counts.argon = 0;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('a credential', () => {
  test('may be the key in either header, or a token for it [auth-either-header]', async () => {
    const key = await world.createKey({ scopes: ['mcp', 'servers:read'], grants: ['github'] });
    const { access_token: token } = await world.issueToken(key.text);
    for (const headers of [bearer(key.text), { 'x-api-key': key.text }, bearer(token)]) {
      const principal = await world.authenticate(headers);
      expect(principal).toMatchObject({ keyId: key.id, keyName: 'test key' });
      expect([...principal.scopes]).toEqual(['mcp', 'servers:read']);
      expect(principal.grants.forServer('github')).toBe('all');
      expect(principal.grants.forServer('gitlab')).toBeUndefined();
    }
  });

  test('seen before is answered at once, with the same principal, and runs no SQL [projections-no-sql]', async () => {
    const key = await world.createKey();
    const { access_token: token } = await world.issueToken(key.text);
    for (const headers of [bearer(key.text), bearer(token)]) {
      const first = await world.authenticate(headers);
      const statements = world.db.statements;
      const { call } = callWith(world, first, 'github', 'search');
      for (let i = 0; i < 100; i += 1) {
        const principal = world.authenticate(headers);
        expect(principal).toBe(first);
        world.register.open(call)();
      }
      expect(world.db.statements).toBe(statements);
    }
    expect(world.counts.argon).toBe(1);
  });

  test('on one connection, where another came before or the key has changed, is judged as on any other [auth-revocation-cuts]', async () => {
    const connection = {};
    const [one, other] = [await world.createKey(), await world.createKey()];
    const shown = async (credential: string) => world.authenticate(bearer(credential), connection);
    for (const key of [one, other, one, one]) {
      expect(await shown(key.text)).toMatchObject({ keyId: key.id });
      await expect(shown(`${key.text.slice(0, -1)}x`)).rejects.toMatchObject({ code: 'invalid-credential' });
    }
    await world.changeKey(one.id, 'ApiKeyInactivated');
    await expect(shown(one.text)).rejects.toMatchObject({ code: 'key-inactive' });
    expect(await shown(other.text)).toMatchObject({ keyId: other.id });
  });

  test('seen by many at once gives them one principal and costs one Argon2', async () => {
    const key = await world.createKey();
    const principals = await Promise.all(Array.from({ length: 50 }, async () => attempt(world, key.text)));
    expect(new Set(principals).size).toBe(1);
    expect(world.counts.argon).toBe(1);
  });

  test('that proves nothing gets one answer, whatever is wrong with it [auth-one-answer]', async () => {
    const key = await world.createKey();
    const deleted = await world.createKey();
    await world.changeKey(deleted.id, 'ApiKeyDeleted', { dek: deleted.dek });
    const inactive = await world.createKey();
    await world.changeKey(inactive.id, 'ApiKeyInactivated');
    const { access_token: token } = await world.issueToken(key.text);
    const wrong = [
      'mcp_nonsense',
      'nonsense',
      `${key.text.slice(0, -1)}${key.text.endsWith('0') ? '1' : '0'}`,
      makeApiKey(randomUUID(), randomBytes(32)).text,
      makeApiKey(key.id, randomBytes(32)).text,
      makeApiKey(inactive.id, randomBytes(32)).text,
      deleted.text,
      `${token.slice(0, -4)}AAAA`,
    ];
    const answers = await Promise.all(
      wrong.map((credential) =>
        attempt(world, credential).then(
          () => 'good',
          (error: unknown) => error,
        ),
      ),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({ kind: 'unauthorized', code: 'invalid-credential', data: {} });
      expect(answer).toHaveProperty('message', 'The API key or token is not valid.');
    }
  });

  test('guessed a thousand times never reaches Argon2 [auth-guessing-is-cheap]', async () => {
    const key = await world.createKey();
    for (let i = 0; i < 1_000; i += 1) {
      await expect(attempt(world, makeApiKey(key.id, randomBytes(32)).text)).rejects.toMatchObject({
        code: 'invalid-credential',
      });
    }
    expect(world.counts.argon).toBe(0);
    await attempt(world, key.text);
    expect(world.counts.argon).toBe(1);
  });
});

describe('a key', () => {
  test('that is inactive says so to its owner, and works again once it is activated', async () => {
    const key = await world.createKey();
    const before = await attempt(world, key.text);
    await world.changeKey(key.id, 'ApiKeyInactivated');
    await expect(attempt(world, key.text)).rejects.toMatchObject({ kind: 'unauthorized', code: 'key-inactive' });
    await world.changeKey(key.id, 'ApiKeyActivated');
    const after = await attempt(world, key.text);
    expect(after).not.toBe(before);
    expect(world.counts.argon).toBe(1);
  });

  test('ends at the moment when it expires, remembered or not [auth-expiry]', async () => {
    const key = await world.createKey({ expiresAt: isoTime(NOW + 60_000) });
    const { access_token: token } = await world.issueToken(key.text);
    world.time.nowMs = NOW + 59_999;
    await attempt(world, key.text);
    await attempt(world, token);
    world.time.nowMs = NOW + 60_000;
    for (const credential of [key.text, token]) {
      await expect(attempt(world, credential)).rejects.toMatchObject({ kind: 'unauthorized', code: 'key-expired' });
    }
    await expect(world.issueToken(key.text)).rejects.toMatchObject({ code: 'key-expired' });
  });

  test('that was rotated works until its grace ends [auth-rotation-grace]', async () => {
    const key = await world.createKey();
    await world.changeKey(key.id, 'ApiKeyRotated', { successorId: randomUUID(), validUntil: isoTime(NOW + 1_000) });
    world.time.nowMs = NOW + 999;
    await attempt(world, key.text);
    world.time.nowMs = NOW + 1_000;
    await expect(attempt(world, key.text)).rejects.toMatchObject({ code: 'key-rotated' });
  });

  test('whose access changed has a new principal at once, with no second Argon2 [auth-token-scope]', async () => {
    const key = await world.createKey({ scopes: ['mcp', 'servers:read'] });
    const { access_token: token } = await world.issueToken(key.text);
    await attempt(world, token);
    const before = await attempt(world, key.text);
    await world.changeKey(key.id, 'ApiKeyAccessChanged', { scopes: ['servers:read', 'keys:read'], grants: ['github'] });
    const after = await attempt(world, key.text);
    expect(after).not.toBe(before);
    expect([...after.scopes].sort()).toEqual(['keys:read', 'servers:read']);
    expect(after.grants.forServer('gitlab')).toBeUndefined();
    // A token has what both it and its key allow.
    expect([...(await attempt(world, token)).scopes]).toEqual(['servers:read']);
    expect(world.counts.argon).toBe(1);
  });

  test('does not count as proved when it was revoked during Argon2', async () => {
    let verifying: () => Promise<void> = () => Promise.resolve();
    await using slow = await openAuthWorld({
      verify: (argon) => async (phc, secret) => {
        await verifying();
        return argon.verify(phc, secret);
      },
    });
    const key = await slow.createKey();
    verifying = () => slow.changeKey(key.id, 'ApiKeyInactivated');
    await expect(attempt(slow, key.text)).rejects.toMatchObject({ code: 'key-inactive' });
  });

  test('that met a full queue is verified the next time', async () => {
    let busy = true;
    await using crowded = await openAuthWorld({
      verify: (argon) => (phc, secret) =>
        busy ? Promise.reject(new Limited('argon-busy', 'busy')) : argon.verify(phc, secret),
    });
    const key = await crowded.createKey();
    await expect(attempt(crowded, key.text)).rejects.toMatchObject({ kind: 'limited' });
    busy = false;
    await expect(attempt(crowded, key.text)).resolves.toMatchObject({ keyId: key.id });
  });
});

describe('a token', () => {
  test('ends with its 15 minutes, remembered or not [auth-token-15-minutes]', async () => {
    const key = await world.createKey();
    const { access_token: token } = await world.issueToken(key.text);
    world.time.nowMs = NOW + 899_999;
    await attempt(world, token);
    world.time.nowMs = NOW + 900_000;
    await expect(attempt(world, token)).rejects.toMatchObject({ kind: 'unauthorized', code: 'token-expired' });
    await attempt(world, key.text);
  });

  test.each([
    ['inactive', 'ApiKeyInactivated', 'key-inactive'],
    ['deleted', 'ApiKeyDeleted', 'key-revoked'],
  ])('ends at once when its key is %s [auth-token-15-minutes]', async (_what, event, code) => {
    const key = await world.createKey();
    const { access_token: token } = await world.issueToken(key.text);
    await attempt(world, token);
    await world.changeKey(key.id, event, event === 'ApiKeyDeleted' ? { dek: key.dek } : {});
    await expect(attempt(world, token)).rejects.toMatchObject({ kind: 'unauthorized', code });
  });
});

describe('revocation', () => {
  test.each([
    ['inactivated', 'ApiKeyInactivated', {}],
    ['deleted', 'ApiKeyDeleted', { dek: randomUUID() }],
    ['rotated out', 'ApiKeyRotated', { successorId: randomUUID(), validUntil: isoTime(NOW) }],
  ])('cuts everything a key has open before it is confirmed: %s [auth-revocation-cuts]', async (_what, event, data) => {
    const [key, other] = [await world.createKey(), await world.createKey()];
    const { access_token: token } = await world.issueToken(key.text);
    const direct = callWith(world, await attempt(world, key.text), 'github');
    const byToken = callWith(world, await attempt(world, token), 'files', 'read');
    const others = callWith(world, await attempt(world, other.text), 'gitlab');
    for (const { call } of [direct, byToken, others]) world.register.open(call);
    // Answers once the change feed has confirmed; there is nothing else to wait for.
    await world.changeKey(key.id, event, data);
    expect([direct.cuts, byToken.cuts, others.cuts]).toEqual([[REVOKED], [REVOKED], []]);
  });

  test('between authentication and attaching is noticed', async () => {
    const key = await world.createKey();
    const principal = await attempt(world, key.text);
    await world.changeKey(key.id, 'ApiKeyInactivated');
    expect(() => {
      world.register.open(callWith(world, principal, 'github').call);
    }).toThrow(expect.objectContaining({ kind: 'unauthorized', code: 'key-revoked' }));
  });

  test('that is being read while an exchange is attached cuts it', async () => {
    const key = await world.createKey();
    const principal = await attempt(world, key.text);
    const { call, cuts } = callWith(world, principal, 'github');
    const stop = world.invalidations.onInvalidation(() => {
      world.register.open(call);
    });
    await world.changeKey(key.id, 'ApiKeyInactivated');
    stop();
    expect(cuts).toEqual([REVOKED]);
  });

  test('of some access cuts what is no longer granted, and nothing else [auth-revocation-cuts]', async () => {
    const key = await world.createKey({ grants: ['github', 'gitlab'] });
    const principal = await attempt(world, key.text);
    const github = world.servers.set('github', 'http://127.0.0.1:1/');
    const kept = [callOf(principal, github, 'search_code'), callOf(principal, github, 'search_code', 'search_issues')];
    const lost = [
      callOf(principal, github),
      callOf(principal, github, 'delete'),
      callOf(principal, github, 'search_code', 'delete'),
      callWith(world, principal, 'gitlab'),
    ];
    for (const { call } of [...kept, ...lost]) world.register.open(call);
    await world.changeKey(key.id, 'ApiKeyAccessChanged', { scopes: ['mcp'], grants: ['github:search_*'] });
    expect(lost.map(({ cuts }) => cuts)).toEqual(lost.map(() => [CHANGED]));
    expect(kept.map(({ cuts }) => cuts)).toEqual([[], []]);
    // The principal of before is held to the access of now.
    expect(() => {
      world.register.open(callWith(world, principal, 'gitlab').call);
    }).toThrow(expect.objectContaining({ code: 'key-access-changed' }));
    await world.changeKey(key.id, 'ApiKeyAccessChanged', { scopes: ['servers:read'], grants: ['github'] });
    expect(kept.map(({ cuts }) => cuts)).toEqual([[CHANGED], [CHANGED]]);
  });

  test('finds a key with something open even when memory had no room to keep it', async () => {
    await using small = await openAuthWorld({ capacity: 1 });
    const [key, other] = [await small.createKey(), await small.createKey()];
    const { call, cuts } = callWith(small, await attempt(small, key.text), 'github');
    small.register.open(call);
    await attempt(small, other.text);
    await small.changeKey(key.id, 'ApiKeyInactivated');
    expect(cuts).toEqual([REVOKED]);
  });
});
