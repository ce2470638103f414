import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLiveKeys } from '../../src/live/liveKeys.ts';
import type { Principal } from '../../src/auth/principal.ts';
import { createCallRegister } from '../../src/calls/callRegister.ts';
import { callOf } from '../calls/memory.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import { openAuthWorld, type AuthWorld } from '../auth/authWorld.ts';
import { createInvalidationsByHand } from './invalidationsByHand.ts';

const byHand = createInvalidationsByHand();
const attempt = async (credential: string) => world.authenticate({ 'x-api-key': credential });

function callWith(principal: Principal) {
  return callOf(principal, world.servers.set('github', 'http://127.0.0.1:1/'));
}

let world: AuthWorld;
beforeAll(async () => {
  world = await openAuthWorld({ invalidations: byHand.invalidations });
});
beforeEach(() => {
  byHand.state.trusted = true;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('while invalidations are down', () => {
  test('each request reads its key, and an unchanged one keeps its principal without another proof', async () => {
    const key = await world.createKey();
    const first = await attempt(key.text);
    byHand.state.trusted = false;
    const [statements, argon] = [world.db.statements, world.counts.argon];
    expect(await attempt(key.text)).toBe(first);
    expect(await attempt(key.text)).toBe(first);
    expect(world.db.statements - statements).toBe(2);
    expect(world.counts.argon).toBe(argon);
  });

  test('a revocation without an invalidation is enforced [auth-revocation-fails-closed]', async () => {
    const key = await world.createKey();
    const { access_token: token } = await world.issueToken(key.text);
    const principal = await attempt(key.text);
    await attempt(token);
    byHand.state.trusted = false;
    await world.changeKey(key.id, 'ApiKeyInactivated');
    await expect(attempt(key.text)).rejects.toMatchObject({ code: 'key-inactive' });
    await expect(attempt(token)).rejects.toMatchObject({ code: 'key-inactive' });
    // Authenticated before, attached after: the read that attaching starts finds it out.
    const { call, cuts } = callWith(principal);
    world.register.open(call);
    await vi.waitUntil(() => cuts.length > 0);
    expect(cuts).toEqual(['unauthorized key-revoked']);
  });

  test('what is open goes on, and is judged when they are back', async () => {
    const [revoked, kept] = [await world.createKey(), await world.createKey()];
    const [lost, fine] = [callWith(await attempt(revoked.text)), callWith(await attempt(kept.text))];
    for (const { call } of [lost, fine]) world.register.open(call);
    byHand.state.trusted = false;
    await world.changeKey(revoked.id, 'ApiKeyInactivated');
    expect(lost.cuts).toEqual([]);
    await byHand.notify({ all: true });
    expect(lost.cuts).toEqual(['unauthorized key-revoked']);
    expect(fine.cuts).toEqual([]);
  });

  test('what is open ends with the lease, and later what was open for a while [auth-revocation-lease]', async () => {
    const principal = await attempt((await world.createKey()).text);
    const [before, after] = [callWith(principal), callWith(principal)];
    world.register.open(before.call);
    byHand.state.trusted = false;
    byHand.lapse(true);
    expect(before.cuts).toEqual(['unavailable key-uncertain']);
    world.register.open(after.call);
    byHand.lapse(false);
    expect(after.cuts).toEqual([]);
    byHand.lapse(false);
    expect(after.cuts).toEqual(['unavailable key-uncertain']);
  });

  test('an unreachable table refuses the request and cuts what was just attached [auth-revocation-fails-closed]', async () => {
    const key = await world.createKey();
    const principal = await attempt(key.text);
    const unreachable = new Unavailable('database-unavailable', 'gone');
    using liveKeys = createLiveKeys({
      db: { query: () => Promise.reject(unreachable) },
      vault: world.vault,
      logger: world.logger,
      invalidations: byHand.invalidations,
    });
    const register = createCallRegister({
      keys: liveKeys,
      servers: world.servers,
      invalidations: byHand.invalidations,
      clock: () => world.time.nowMs,
      steadyClock: () => world.time.nowMs,
      logger: world.logger,
    });
    byHand.state.trusted = false;
    await expect(liveKeys.find(key.id)).rejects.toBe(unreachable);
    const { call, cuts } = callWith(principal);
    register.open(call);
    await vi.waitUntil(() => cuts.length > 0);
    expect(cuts).toEqual(['unavailable database-unavailable']);
  });
});

test('guessed ids cost one statement each, and none when guessed again', async () => {
  const before = world.db.statements;
  const ids = Array.from({ length: 10 }, () => randomUUID());
  for (const id of [...ids, ...ids]) expect(await world.liveKeys.find(id)).toBeUndefined();
  expect(world.db.statements - before).toBe(10);
});
