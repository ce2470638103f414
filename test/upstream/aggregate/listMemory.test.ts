import { describe, expect, test } from 'vitest';
import { ListMemory } from '../../../src/upstream/aggregate/listMemory.ts';
import type { Member } from '../../../src/upstream/aggregate/member.ts';

const LISTING = { items: [], ttlMs: 0, cacheScope: 'public' } as const;

/** A member of a server, for clients of one kind. */
function memberOf(owner: string, server: string, kind = ''): Member {
  return {
    server,
    place: server,
    secrets: [],
    prefix: '',
    grant: 'all',
    listsKey: `${server} ${kind}`,
    owner,
    open: () => Promise.reject(new Error('it is not asked')),
    noteAnsweredHere: () => undefined,
    enter: () => ({ signal: new AbortController().signal, end: () => undefined }),
  };
}

/** Remembers a list of some bytes. */
function put(memory: ListMemory, member: Member, bytes: number): void {
  memory.put(member.listsKey, 'tools', memory.use(member, 'tools'), LISTING, bytes);
}

const knows = (memory: ListMemory, member: Member): boolean => memory.peek(member.listsKey, 'tools')?.value === LISTING;

describe('the memory of lists', () => {
  test('takes no more than its bound, and loses what was not used for the longest time [aggregate-lists-bounded]', () => {
    const memory = new ListMemory(100_000);
    const members = ['a', 'b', 'c'].map((server) => memberOf('key', server));
    for (const member of members) put(memory, member, 30_000);
    memory.use(members[0] as Member, 'tools');
    put(memory, memberOf('key', 'd'), 30_000);
    expect(members.map((member) => knows(memory, member))).toEqual([true, false, true]);
    for (let n = 0; n < 1_000; n++) put(memory, memberOf('key', `s${String(n)}`), 10_000 + n);
    expect(memory.bytes).toBeLessThanOrEqual(100_000);
  });

  test('counts what it has nothing of, too [aggregate-lists-bounded]', () => {
    const memory = new ListMemory(100_000);
    for (let n = 0; n < 10_000; n++) memory.use(memberOf(`key${String(n)}`, `s${String(n)}`), 'tools');
    expect(memory.bytes).toBeLessThanOrEqual(100_000);
    expect(memory.bytes).toBeGreaterThan(50_000);
  });

  test('loses nothing of one key for what another one adds [aggregate-lists-bounded]', () => {
    const memory = new ListMemory(100_000);
    const modest = memberOf('modest', 'files');
    put(memory, modest, 20_000);
    for (let n = 0; n < 100; n++) put(memory, memberOf('greedy', `s${String(n)}`), 15_000);
    expect(knows(memory, modest)).toBe(true);
    expect(knows(memory, memberOf('greedy', 's99'))).toBe(true);
  });

  test('keeps eight kinds of clients of a key and server, the latest ones [aggregate-lists-bounded]', () => {
    const memory = new ListMemory(1_000_000);
    const other = memberOf('key', 'other');
    const others = memberOf('another', 'files', 'own');
    put(memory, other, 10);
    put(memory, others, 10);
    const kinds = Array.from({ length: 30 }, (_, n) => memberOf('key', 'files', String(n)));
    for (const kind of kinds) put(memory, kind, 10);
    expect(kinds.filter((kind) => knows(memory, kind))).toEqual(kinds.slice(-8));
    expect([other, others].map((member) => knows(memory, member))).toEqual([true, true]);
  });

  test('takes in nothing of what it has forgotten meanwhile [aggregate-lists-bounded]', () => {
    const memory = new ListMemory(100_000);
    const slow = memberOf('key', 'slow');
    const known = memory.use(slow, 'tools');
    for (let n = 0; n < 10; n++) put(memory, memberOf('key', `s${String(n)}`), 30_000);
    const before = memory.bytes;
    memory.put(slow.listsKey, 'tools', known, LISTING, 30_000);
    expect([known.value, memory.bytes, knows(memory, slow)]).toEqual([LISTING, before, false]);
  });
});
