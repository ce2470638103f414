import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../src/auth/grants.ts';
import type { LiveKey } from '../../src/auth/liveKey.ts';
import { createOpenExchanges } from '../../src/auth/openExchanges.ts';
import type { Exchange } from '../../src/auth/principal.ts';
import { Unavailable, type AppError } from '../../src/errors.ts';
import type { Scope } from '../../src/events/apiKey.ts';

let nowMs = 1_000;
let held: string[] = [];
let wake: () => void;
const errors: unknown[] = [];

function setUp() {
  nowMs = 1_000;
  held = [];
  errors.length = 0;
  const exchanges = createOpenExchanges({
    clock: () => nowMs,
    hold(keyId) {
      held.push(keyId);
      return () => held.splice(held.indexOf(keyId), 1);
    },
    onCutError: (error) => errors.push(error),
    startTimer(_delayMs, callback) {
      wake = callback;
      return () => undefined;
    },
  });
  const key: LiveKey = {
    id: 'k',
    name: 'test',
    revision: 0,
    active: true,
    scopes: new Set<Scope>(['mcp']),
    grants: compileGrants(['*']),
    expiresAtMs: Infinity,
    validUntilMs: Infinity,
    sealed: { dek: '', box: '' },
  };
  return { exchanges, key };
}

function exchangeWith(server: string, tool?: string) {
  const cuts: string[] = [];
  const exchange: Exchange = { server, tool, cut: (reason: AppError) => cuts.push(`${reason.kind} ${reason.code}`) };
  return { exchange, cuts };
}

describe('open exchanges', () => {
  test('that began with a whole server end when only tools of it are left, and those with tools go on', () => {
    const { exchanges, key } = setUp();
    const stream = exchangeWith('github');
    const call = exchangeWith('github', 'search');
    exchanges.attach(key, stream.exchange);
    exchanges.attach(key, call.exchange);
    exchanges.judge('k', { ...key, grants: compileGrants(['github', 'gitlab:x']) });
    expect(stream.cuts).toEqual([]);
    const narrowed = { ...key, grants: compileGrants(['github:search']) };
    exchanges.judge('k', narrowed);
    expect(stream.cuts).toEqual(['unauthorized key-access-changed']);
    expect(call.cuts).toEqual([]);

    const filtered = exchangeWith('github');
    exchanges.attach(narrowed, filtered.exchange);
    exchanges.judge('k', { ...narrowed, revision: 2 });
    expect(filtered.cuts).toEqual([]);
  });

  test.each([
    ['is inactive', { active: false }, 'key-revoked'],
    ['is rotated out', { validUntilMs: 1_000 }, 'key-revoked'],
    ['has expired', { expiresAtMs: 1_000 }, 'key-expired'],
    ['lost the scope mcp', { scopes: new Set<Scope>(['servers:read']) }, 'key-access-changed'],
    ['lost the server', { grants: compileGrants(['gitlab']) }, 'key-access-changed'],
    ['lost the tool', { grants: compileGrants(['github:other']) }, 'key-access-changed'],
  ])('end when the key %s, and no new one begins', (_what, change, code) => {
    const { exchanges, key } = setUp();
    const { exchange, cuts } = exchangeWith('github', 'search');
    exchanges.attach(key, exchange);
    exchanges.judge(key.id, { ...key, ...change });
    expect(cuts).toEqual([`unauthorized ${code}`]);
    expect(() => {
      exchanges.attach({ ...key, ...change }, exchange);
    }).toThrow(expect.objectContaining({ kind: 'unauthorized', code }));
    expect(held).toEqual([]);
  });

  test('end when the key is gone', () => {
    const { exchanges, key } = setUp();
    const { exchange, cuts } = exchangeWith('github', 'search');
    exchanges.attach(key, exchange);
    exchanges.judge(key.id, undefined);
    expect(cuts).toEqual(['unauthorized key-revoked']);
    expect(held).toEqual([]);
  });

  test('that the key may still use go on, and those of other keys too', () => {
    const { exchanges, key } = setUp();
    const other = exchangeWith('gitlab');
    exchanges.attach({ ...key, id: 'other' }, other.exchange);
    const kept = [exchangeWith('github', 'search'), exchangeWith('files'), exchangeWith('files', 'read')];
    const lost = [exchangeWith('github', 'delete'), exchangeWith('gitlab'), exchangeWith('gitlab', 'search')];
    for (const { exchange } of [...kept, ...lost]) exchanges.attach(key, exchange);
    exchanges.judge(key.id, { ...key, grants: compileGrants(['github:search', 'files']), validUntilMs: 1_001 });
    expect([other, ...kept].flatMap(({ cuts }) => cuts)).toEqual([]);
    expect(lost.flatMap(({ cuts }) => cuts)).toEqual(Array<string>(3).fill('unauthorized key-access-changed'));
    expect(held).toEqual(['other', 'k']);
  });

  test.each([
    ['expiry', { expiresAtMs: 2_000 }, 'key-expired'],
    ['the end of a rotation’s grace', { validUntilMs: 2_000 }, 'key-revoked'],
  ])('end by themselves at %s [auth-expiry]', (_what, end, code) => {
    const { exchanges, key } = setUp();
    const [early, late] = [exchangeWith('github'), exchangeWith('files')];
    exchanges.attach({ ...key, ...end }, early.exchange);
    exchanges.attach({ ...key, ...end }, late.exchange);
    nowMs = 1_999;
    wake();
    expect(early.cuts).toEqual([]);
    nowMs = 2_000;
    wake();
    expect([early.cuts, late.cuts]).toEqual([[`unauthorized ${code}`], [`unauthorized ${code}`]]);
  });

  test('follow an expiry that is moved', () => {
    const { exchanges, key } = setUp();
    const { exchange, cuts } = exchangeWith('github');
    exchanges.attach({ ...key, expiresAtMs: 2_000 }, exchange);
    exchanges.judge(key.id, { ...key, expiresAtMs: 3_000 });
    nowMs = 2_000;
    wake();
    expect(cuts).toEqual([]);
    nowMs = 3_000;
    wake();
    expect(cuts).toEqual(['unauthorized key-expired']);
  });

  test('hold their key from the first to the last', () => {
    const { exchanges, key } = setUp();
    const [one, two] = [exchangeWith('github'), exchangeWith('files')];
    exchanges.attach(key, one.exchange);
    exchanges.attach(key, two.exchange);
    exchanges.detach(key.id, one.exchange);
    expect(held).toEqual(['k']);
    exchanges.detach(key.id, two.exchange);
    exchanges.detach(key.id, two.exchange);
    expect(held).toEqual([]);
    exchanges.judge(key.id, undefined);
    expect([...one.cuts, ...two.cuts]).toEqual([]);
  });

  test('are all cut once, though one throws and the others detach themselves', () => {
    const { exchanges, key } = setUp();
    let cuts = 0;
    for (let i = 0; i < 5; i += 1) {
      const exchange: Exchange = {
        server: 'github',
        tool: undefined,
        cut() {
          cuts += 1;
          exchanges.detach(key.id, exchange);
          if (i === 1) throw new Error('socket is gone');
        },
      };
      exchanges.attach(key, exchange);
    }
    exchanges.judge(key.id, undefined);
    exchanges.judge(key.id, undefined);
    expect(cuts).toBe(5);
    expect(errors).toEqual([expect.objectContaining({ message: 'socket is gone' })]);
  });

  test('are cut for another reason once, and not after they ended', () => {
    const { exchanges, key } = setUp();
    const [open, ended] = [exchangeWith('github'), exchangeWith('github')];
    exchanges.attach(key, open.exchange);
    exchanges.attach(key, ended.exchange);
    exchanges.detach(key.id, ended.exchange);
    for (const { exchange } of [open, open, ended]) {
      exchanges.cut(key.id, exchange, new Unavailable('database-unavailable', 'gone'));
    }
    expect([open.cuts, ended.cuts]).toEqual([['unavailable database-unavailable'], []]);
  });
});
