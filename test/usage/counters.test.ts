import { describe, expect, it } from 'vitest';
import { createCounters, OTHER } from '../../src/usage/counters.ts';
import { errorKindOf } from '../../src/usage/errorKind.ts';
import { LATENCY_BOUNDS_MS, latencyBucket, latencyPercentile } from '../../src/usage/histogram.ts';
import { call, methodCall } from './calls.ts';

const TEN = Date.parse('2026-03-01T10:00:00Z');
const MINUTE = 60_000;

describe('counters', () => {
  it('add calls up by key, server, tool or method, and hour [usage-dimensions]', () => {
    let now = TEN + 7 * MINUTE;
    const counters = createCounters({ clock: () => now });
    counters.count(call());
    counters.count(call({ outcome: 'upstream-timeout', status: 504, durationMs: 70_000, bytesOut: 5 }));
    counters.count(call({ tool: 'tools/list' }));
    counters.count(methodCall('tools/list'));
    now = TEN + 61 * MINUTE;
    counters.count(call({ server: 'files' }));
    const taken = counters.take();
    expect(taken.map(({ server, method, tool, hour, calls }) => [server, method, tool, hour, calls])).toEqual([
      ['github', 'tools/call', 'search', '2026-03-01T10:00:00.000Z', 2],
      ['github', 'tools/call', 'tools/list', '2026-03-01T10:00:00.000Z', 1],
      ['github', 'tools/list', '', '2026-03-01T10:00:00.000Z', 1],
      ['files', 'tools/call', 'search', '2026-03-01T11:00:00.000Z', 1],
    ]);
    expect(taken[0]).toMatchObject({
      bytesIn: 200,
      bytesOut: 1_005,
      errors: { client: 0, timeout: 1, upstream: 0, cut: 0, answer: 0 },
      slots: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      lastUsedAt: '2026-03-01T10:07:00.000Z',
    });
    expect(taken[0]?.latency.flatMap((count, at) => (count === 0 ? [] : [at]))).toEqual([2, LATENCY_BOUNDS_MS.length]);
    expect(counters.take()).toEqual([]);
    counters.count(call());
    expect(counters.take()).toMatchObject([{ calls: 1, bytesIn: 100 }]);
  });

  it('keep how long a stream stood open apart from how fast answers come', () => {
    const counters = createCounters({ clock: () => TEN });
    counters.count(methodCall('GET', { standing: true, outcome: 'client-closed', durationMs: 3_600_000 }));
    const [stream] = counters.take();
    expect(stream).toMatchObject({ calls: 1, errors: { client: 0 } });
    expect(stream?.latency.every((count) => count === 0)).toBe(true);
  });

  it('put names that no tool has, and too many names, under one [usage-bounded]', () => {
    const counters = createCounters({ clock: () => TEN, namesPerServer: 3 });
    const hostile = ['a\u0000b', '\ud800', 'x'.repeat(129)];
    for (const tool of hostile) counters.count(call({ tool }));
    for (const tool of ['one', 'two', 'three', 'four', 'one']) counters.count(call({ tool }));
    for (const method of ['a', 'b', 'c', 'd', 'e']) counters.count(methodCall(method));
    const taken = counters.take();
    expect(Object.fromEntries(taken.map(({ method, tool, calls }) => [tool === '' ? method : tool, calls]))).toEqual({
      [OTHER]: 2,
      one: 2,
      two: 1,
      a: 1,
      b: 1,
      c: 1,
    });
    expect(taken.filter(({ tool }) => tool === OTHER)).toMatchObject([{ method: 'tools/call', calls: 5 }]);
    expect(taken.reduce((sum, { calls }) => sum + calls, 0)).toBe(13);
  });

  it('are so many and no more; calls beyond that are counted as lost [usage-bounded]', () => {
    const counters = createCounters({ clock: () => TEN, capacity: 2 });
    for (const tool of ['one', 'two', 'three', 'one']) counters.count(call({ tool }));
    expect(counters.lost).toBe(1);
    expect(counters.take().map(({ tool, calls }) => [tool, calls])).toEqual([
      ['one', 2],
      ['two', 1],
    ]);
    // What is not used gives way to what is.
    counters.count(call({ tool: 'three' }));
    expect([counters.lost, counters.take().map(({ tool }) => tool)]).toEqual([1, ['three']]);
  });
});

it('errors are told apart by who is to blame [usage-dimensions]', () => {
  const kind = (outcome: string, status = 0, standing = false) => errorKindOf({ outcome, status, standing });
  expect([kind('ok', 200), kind('ok', 202), kind('ok', 400)]).toEqual([undefined, undefined, 'answer']);
  // What a server need not offer, its client asks for and goes on without.
  expect([kind('not-offered', 405), kind('ok', 405)]).toEqual([undefined, 'answer']);
  expect([kind('client-closed'), kind('consumer-too-slow')]).toEqual(['client', 'client']);
  expect([kind('client-closed', 200, true), kind('gateway-stopping', 200, true)]).toEqual([undefined, undefined]);
  expect([kind('upstream-timeout'), kind('upstream-reset'), kind('upstream-not-mcp')]).toEqual([
    'timeout',
    'upstream',
    'upstream',
  ]);
  expect([kind('key-revoked'), kind('server-disabled'), kind('gateway-stopping')]).toEqual(['cut', 'cut', 'cut']);
  expect([kind('tool-error', 200), kind('upstream-rpc-error')]).toEqual(['answer', 'answer']);
});

describe('the latency histogram', () => {
  it('has each bound in its own bucket', () => {
    for (const [at, bound] of LATENCY_BOUNDS_MS.entries()) {
      expect([latencyBucket(bound), latencyBucket(bound + 1)]).toEqual([at, at + 1]);
    }
    expect(latencyBucket(0)).toBe(0);
  });

  it('estimates percentiles to within a bucket', () => {
    const buckets = new Array<number>(16).fill(0);
    expect(latencyPercentile(buckets, 0.5)).toBeUndefined();
    for (let ms = 1; ms <= 100; ms += 1) buckets[latencyBucket(ms)]! += 1;
    expect(latencyPercentile(buckets, 0.5)).toBeCloseTo(50, 0);
    expect(latencyPercentile(buckets, 0.99)).toBeCloseTo(99, 0);
    buckets[15] = 1_000_000;
    expect(latencyPercentile(buckets, 0.5)).toBe(60_000);
  });
});
