import { describe, expect, test } from 'vitest';
import { callOf } from './memory.ts';
import { codeOf, SERVER_URL, setUp } from './registerWorld.ts';

describe('the calls at a server', () => {
  test('are not more than it takes, whoever makes them, and a cut one fills its place until it has ended', () => {
    const { register, keys, servers, key } = setUp();
    const server = servers.set('small', SERVER_URL, { limits: { maxInFlight: 2 } });
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
      const server = servers.set('shared', SERVER_URL, { limits: { maxInFlight } });
      const principal = keys.add(token);
      for (let n = 0; ; n += 1) if (codeOf(() => register.open(callOf(principal, server).call)) !== undefined) return n;
    };
    expect([fill('a', 1_000), fill('b', 1_000), fill('c', 1_000)]).toEqual([750, 188, 47]);
    const server = servers.set('shared', SERVER_URL, { limits: { maxInFlight: 1_000 } });
    expect(codeOf(() => register.open(callOf(keys.add('a'), server).call))).toBe('too-many-calls');
    expect(codeOf(() => register.open(callOf(keys.add('d'), server).call))).toBeUndefined();
  });

  test.each([1, 2, 3])('of one key may fill a server that takes only %i', (maxInFlight) => {
    const { register, servers, key } = setUp();
    const server = servers.set('small', SERVER_URL, { limits: { maxInFlight } });
    for (let n = 0; n < maxInFlight; n += 1) register.open(callOf(key, server).call);
    expect(codeOf(() => register.open(callOf(key, server).call))).toBe('server-busy');
  });

  test('that stand open are not more than a key may have there', () => {
    const { register, keys, servers, key, github } = setUp({ maxStandingPerKey: 2 });
    const standing = (principal = key, server = github) => ({ ...callOf(principal, server).call, standing: true });
    const [first] = [register.open(standing()), register.open(standing())];
    expect(codeOf(() => register.open(standing()))).toBe('too-many-streams');
    expect(codeOf(() => register.open(standing(keys.add('other'))))).toBeUndefined();
    expect(codeOf(() => register.open(standing(key, servers.set('files', SERVER_URL))))).toBeUndefined();
    first?.();
    expect(codeOf(() => register.open(standing()))).toBeUndefined();
  });
});

describe('bodies under way', () => {
  test('are bounded for a key, and for all together', () => {
    const { register, keys, key } = setUp({ maxRoomBytesPerKey: 100, maxRoomBytes: 200 });
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
