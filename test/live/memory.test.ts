import { describe, expect, test, vi } from 'vitest';
import { createMemory } from '../../src/live/memory.ts';
import { Feed, setUp, type Row } from './memoryFixture.ts';

describe('memory', () => {
  test('answers synchronously, without loading, what it holds', async () => {
    const { table, memory, loads } = setUp();
    table.set('a', { version: 1 });
    expect(await memory.get('a')).toEqual({ version: 1 });
    expect(memory.get('a')).toEqual({ version: 1 });
    expect(await memory.get('b')).toBeUndefined();
    expect(memory.get('b')).toBeUndefined();
    expect(loads).toEqual(['a', 'b']);
  });

  test('shares one load among those who ask while it runs', async () => {
    const { memory, loads } = setUp();
    await Promise.all([memory.get('a'), memory.get('a'), memory.get('a')]);
    expect(loads).toEqual(['a']);
  });

  test('loads at every call while the feed is not trusted [auth-revocation-fails-closed]', async () => {
    const { table, memory, feed, loads } = setUp();
    await memory.get('a');
    feed.trusted = false;
    table.set('a', { version: 1 });
    expect(await memory.get('a')).toEqual({ version: 1 });
    table.set('a', { version: 2 });
    expect(await memory.get('a')).toEqual({ version: 2 });
    expect(loads).toHaveLength(3);
  });

  test('reads a changed row again, and tells who uses it', async () => {
    const { table, memory, feed, changes } = setUp();
    table.set('a', { version: 1 });
    await memory.get('a');
    table.set('a', { version: 2 });
    await feed.change('a');
    expect(changes).toEqual([['a', { version: 2 }]]);
    expect(memory.get('a')).toEqual({ version: 2 });
    table.delete('a');
    await feed.change('a');
    expect(changes.at(-1)).toEqual(['a', undefined]);
    expect(memory.get('a')).toBeUndefined();
  });

  test('does not answer with a changed row from the moment of its invalidation on', async () => {
    const { table, memory, feed } = setUp();
    table.set('a', { version: 1 });
    await memory.get('a');
    table.set('a', { version: 2 });
    const taken = feed.change('a');
    expect(await memory.get('a')).toEqual({ version: 2 });
    await taken;
  });

  test('keeps the value in use, and calls no listener, when a row is read again and is the same', async () => {
    const { table, memory, feed, changes } = setUp();
    table.set('a', { version: 1 });
    const before = await memory.get('a');
    table.set('a', { version: 1 });
    await feed.change('a');
    expect(memory.get('a')).toBe(before);
    expect(changes).toEqual([]);
  });

  test('loads nothing for a change of what it does not hold', async () => {
    const { memory, feed, loads } = setUp();
    await memory.get('a');
    await feed.change('b');
    expect(loads).toEqual(['a']);
  });

  test('reads everything again after the feed was lost', async () => {
    const { table, memory, feed, changes } = setUp();
    for (const id of ['a', 'b', 'c']) table.set(id, { version: 1 });
    for (const id of ['a', 'b', 'c', 'none']) await memory.get(id);
    feed.trusted = false;
    table.set('b', { version: 2 });
    table.set('none', { version: 1 });
    await feed.restore();
    expect(changes).toEqual([['b', { version: 2 }]]);
    expect(memory.get('a')).toEqual({ version: 1 });
    expect(memory.get('b')).toEqual({ version: 2 });
    expect(await memory.get('none')).toEqual({ version: 1 });
  });

  test('keeps no more than its capacity, and guesses evict only guesses [projections-memory-fresh]', async () => {
    const { table, memory, loads } = setUp(2);
    table.set('a', { version: 1 });
    table.set('b', { version: 1 });
    await memory.get('a');
    await memory.get('b');
    for (let i = 0; i < 10; i += 1) await memory.get(`guess ${i}`);
    expect(memory.get('a')).toEqual({ version: 1 });
    expect(memory.get('b')).toEqual({ version: 1 });
    table.set('c', { version: 1 });
    await memory.get('c');
    expect(memory.get('a')).toBeInstanceOf(Promise);
    expect(loads.filter((id) => id === 'a')).toHaveLength(2);
  });

  test('notifies of a held id even when its value was evicted, until it is let go', async () => {
    const { table, memory, feed, changes } = setUp(1);
    table.set('a', { version: 1 });
    table.set('b', { version: 1 });
    await memory.get('a');
    const letGo = memory.hold('a', { version: 1 });
    const letGoToo = memory.hold('a', { version: 1 });
    await memory.get('b');
    letGo();
    letGo();
    table.delete('a');
    await feed.change('a');
    expect(changes).toEqual([['a', undefined]]);
    letGoToo();
    await feed.change('a');
    expect(changes).toHaveLength(1);
  });

  test('notifies of a value that is not the one its holder goes by, once [auth-revocation-fails-closed]', async () => {
    const { table, memory, feed, changes } = setUp();
    table.set('a', { version: 2 });
    await memory.get('a');
    // Its body took a while to arrive: the key was another one when the call was admitted.
    const letGo = memory.hold('a', { version: 1 });
    expect(changes).toEqual([]);
    await feed.change('a');
    await feed.change('a');
    expect(changes).toEqual([['a', { version: 2 }]]);
    letGo();
  });

  test('is silent about a held value that was evicted and came back the same', async () => {
    const { table, memory, feed, changes } = setUp(1);
    table.set('a', { version: 1 });
    table.set('b', { version: 1 });
    const letGo = memory.hold('a', { version: 1 });
    await memory.get('b');
    await feed.change('a');
    expect(changes).toEqual([]);
    letGo();
  });

  test('invalidations that follow each other without a pause delay no notice, and what is outdated is not given out', async () => {
    const gates: (() => void)[] = [];
    const wait = (what: string) =>
      what.startsWith('answer') && isGated ? new Promise<void>((open) => gates.push(open)) : Promise.resolve();
    let isGated = false;
    const { table, memory, feed, changes } = setUp(100, wait);
    table.set('a', { version: 1 });
    await memory.get('a');
    isGated = true;
    table.set('a', { version: 2 });
    const first = feed.change('a');
    await vi.waitUntil(() => gates.length === 1);
    table.set('a', { version: 3 });
    const second = feed.change('a');
    gates[0]?.();
    await vi.waitUntil(() => gates.length === 2);
    expect(changes).toEqual([['a', { version: 2 }]]);
    const answer = memory.get('a');
    expect(answer).toBeInstanceOf(Promise);
    gates[1]?.();
    await Promise.all([first, second]);
    expect(await answer).toEqual({ version: 3 });
    expect(changes).toEqual([
      ['a', { version: 2 }],
      ['a', { version: 3 }],
    ]);
  });

  test('remembers nothing of a load that failed, and rejects the invalidation when a reload did', async () => {
    let fails = true;
    const feed = new Feed();
    const memory = createMemory<string, Row>({
      invalidations: feed,
      capacity: 9,
      select: () => ['a'],
      load: () => (fails ? Promise.reject(new Error('no table')) : Promise.resolve({ version: 1 })),
    });
    await expect(memory.get('a')).rejects.toThrow('no table');
    fails = false;
    expect(await memory.get('a')).toEqual({ version: 1 });
    fails = true;
    await expect(feed.change('a')).rejects.toThrow('no table');
    fails = false;
    expect(memory.get('a')).toBeInstanceOf(Promise);
  });

  test('hears of no change after its end', async () => {
    const { memory, feed, loads } = setUp();
    await memory.get('a');
    memory[Symbol.dispose]();
    await feed.change('a');
    expect(loads).toEqual(['a']);
  });
});
