import { chmodSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startMeasured } from '../../bench/measuredProcess.ts';
import { measureSoak } from '../../bench/soak.ts';
import { leaksBetween } from '../../bench/soakState.ts';

it('a soak finds memory that is held by buffers, and a process that has grown [ops-soak]', () => {
  const nothing = { calls: 0, streams: 0, sessions: 0, bufferedBytes: 0, descriptors: 20, children: 0, timers: 5 };
  const held = (heapBytes: number, rssBytes: number) => ({ ...nothing, heapBytes, rssBytes });
  const before = held(50e6, 150e6);
  expect(leaksBetween(before, held(53e6, 200e6))).toEqual([]);
  expect(leaksBetween(before, held(55e6, 150e6))).toEqual(['heap and buffers: 5.0 MB more than before']);
  expect(leaksBetween(before, held(50e6, 250e6))).toEqual(['memory of the process: 100.0 MB more than before']);
});

it('a minute of mixed load leaks no stream, child, timer, descriptor or memory, and each call is counted once [ops-soak]', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'metamcp-soak-'));
  // PostgreSQL, which runs as another user when we are root, goes through it.
  chmodSync(home.path, 0o755);
  await using upstream = await startMeasured<{ url: string }>('./referenceServer.ts');
  const env = { UPSTREAM: upstream.ready.url, TOKEN: 'soak' };
  const { done, leaks, miscounts } = await measureSoak({ env, home: home.path, seconds: 60, tell: () => undefined });
  expect(leaks).toEqual([]);
  expect(miscounts).toEqual([]);
  expect(done.flapped).toBeGreaterThan(0);
  expect(done.revoked).toBeGreaterThan(0);
  expect(done.sent.size).toBe(5);
});
