import { expect, it } from 'vitest';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { CallCounts } from '../../src/metrics/callCounts.ts';
import { Distribution } from '../../src/metrics/distribution.ts';
import { expose, type Format } from '../../src/metrics/exposition.ts';
import type { Metric } from '../../src/metrics/metric.ts';
import { readProjectionLag } from '../../src/projections/projectionLag.ts';
import { atOnce } from '../../src/slices.ts';
import { methodCall } from '../usage/calls.ts';

const METHODS = ['ping', 'initialize', 'tools/list', 'prompts/get', 'resources/read', 'tasks/get', 'made/up', 'GET'];
const ERAS = ['modern', 'legacy', undefined] as const;

it('of one server, what it and its clients make up together has a bound [ops-metrics-bounded]', () => {
  const counts = new CallCounts();
  for (const method of METHODS) {
    for (const era of ERAS) {
      for (let status = 100; status < 600; status += 1) counts.count(methodCall(method, { status, era }));
    }
  }
  const [calls] = counts.metrics(() => undefined);
  const series = [...(calls?.series() ?? [])];
  expect(series.length).toBeGreaterThan(256);
  expect(series.length).toBeLessThan(300);
  expect(series.reduce((sum, { value }) => sum + Number(value), 0)).toBe(METHODS.length * ERAS.length * 500);
});

it('a call of a server that is gone is shown by nobody [ops-metrics-bounded]', () => {
  const counts = new CallCounts();
  counts.count(methodCall('ping', { server: 'here' }));
  counts.count(methodCall('ping', { server: 'gone' }));
  const shown = (names: readonly string[] | undefined) => {
    const metrics = counts.metrics(() => names && new Set(names));
    return new Set(metrics.flatMap(({ series }) => [...series()].map(({ values }) => values[0])));
  };
  expect(shown(['here'])).toEqual(new Set(['here']));
  // While nobody knows which there are, all are shown.
  expect(shown(undefined)).toEqual(new Set(['here', 'gone']));
});

const DISTRIBUTION = new Distribution([0.01, 1, 10]);
for (const value of [0.01, 0.02, 10, 11]) DISTRIBUTION.observe(value);
const SHOWN: readonly Metric[] = [
  {
    name: 'a_total',
    type: 'counter',
    help: 'A "back\\slash"\nand a line.',
    labels: ['x'],
    series: () => [{ values: ['"\\\n'], value: 2 }],
  },
  { name: 'b_seconds', type: 'histogram', help: 'B.', labels: [], series: () => [{ values: [], value: DISTRIBUTION }] },
  { name: 'c', type: 'gauge', help: 'C.', labels: [], series: () => [{ values: [], value: Number.NaN }] },
];

it.each<[Format, string, string, string]>([
  ['text/plain', 'a_total', 'A "back\\\\slash"\\nand a line.', ''],
  ['application/openmetrics-text', 'a', 'A \\"back\\\\slash\\"\\nand a line.', '# EOF\n'],
])('%s is written as it is specified [ops-metrics]', (format, family, help, end) => {
  expect(atOnce(expose(SHOWN, format))).toBe(`# HELP ${family} ${help}
# TYPE ${family} counter
a_total{x="\\"\\\\\\n"} 2
# HELP b_seconds B.
# TYPE b_seconds histogram
b_seconds_bucket{le="0.01"} 1
b_seconds_bucket{le="1.0"} 2
b_seconds_bucket{le="10.0"} 3
b_seconds_bucket{le="+Inf"} 4
b_seconds_sum 21.03
b_seconds_count 4
# HELP c C.
# TYPE c gauge
c NaN
${end}`);
});

it('a read table is as far behind as the oldest event is old that it lacks [ops-metrics]', async () => {
  await using store = openMemoryStore();
  const event = (n: number) => ({
    id: `0190a1b2-0000-7000-8000-00000000000${String(n)}`,
    type: 'Happened',
    data: {},
    metadata: { at: `2026-01-01T00:00:0${String(n)}.000Z` },
  });
  const first = await store.append('apiKey-1', 'no-stream', [event(1)]);
  const last = await store.append('apiKey-1', 0, [event(2), event(3)]);
  const at = (name: string, position: bigint | undefined) =>
    ({ name, position, version: 1, stoppedReason: undefined, outdated: false, newer: false, built: true }) as const;
  const projections = {
    status: () => Promise.resolve([at('none', undefined), at('one', first.position), at('all', last.position)]),
  };
  const clock = () => Date.parse('2026-01-01T00:00:10.000Z');
  const lag = await readProjectionLag({ projections, store, clock }, AbortSignal.timeout(5_000));
  expect([...lag]).toEqual([
    ['none', 9_000],
    ['one', 8_000],
    ['all', 0],
  ]);
});
