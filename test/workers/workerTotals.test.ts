import { expect, it } from 'vitest';
import { expose } from '../../src/metrics/exposition.ts';
import type { MetricFigures } from '../../src/workers/metricFigures.ts';
import { WorkerTotals } from '../../src/workers/workerTotals.ts';
import { seriesIn } from '../metrics/scrape.ts';

function calls(...series: [server: string, count: number][]): MetricFigures {
  const plain = series.map(([server, count]) => [[server], count] as const);
  return { name: 'calls_total', type: 'counter', help: 'Calls.', labels: ['server'], series: plain };
}
function times(counts: number[], sum = 4): MetricFigures {
  const value = { bounds: [1, 2], counts, sum };
  return { name: 'seconds', type: 'histogram', help: 'Times.', labels: [], series: [[[], value]] };
}
function running(count: number): MetricFigures {
  return { name: 'running', type: 'gauge', help: 'Calls under way.', labels: [], series: [[[], count]] };
}
function shown(totals: WorkerTotals): Record<string, number> {
  const steps = expose(totals, 'text/plain');
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return Object.fromEntries(seriesIn(step.value));
}

it('counts are sums, those of workers that have ended among them, and gauges have their worker [ops-workers-metrics]', () => {
  const totals = new WorkerTotals();
  totals.note('a', '1', { metrics: [calls(['x', 3]), times([1, 0, 2]), running(2)], servers: ['x'] });
  totals.note('b', '2', { metrics: [calls(['x', 4], ['y', 1]), times([1, 1, 0]), running(5)], servers: ['x', 'y'] });
  const before = shown(totals);
  expect(before).toEqual({
    'calls_total{server="x"}': 7,
    'calls_total{server="y"}': 1,
    'seconds_bucket{le="1.0"}': 2,
    'seconds_bucket{le="2.0"}': 3,
    'seconds_bucket{le="+Inf"}': 5,
    seconds_sum: 8,
    seconds_count: 5,
    'running{worker="1"}': 2,
    'running{worker="2"}': 5,
  });
  totals.end('a');
  totals.note('c', '1', { metrics: [calls(), times([0, 0, 0], 0), running(0)], servers: ['x', 'y'] });
  expect(shown(totals)).toEqual({ ...before, 'running{worker="1"}': 0 });
});

it('while a worker is replaced, both have a series of their own [ops-workers-metrics]', () => {
  const totals = new WorkerTotals();
  totals.note('a', '1', { metrics: [running(2)], servers: undefined });
  totals.note('c', '1', { metrics: [running(3)], servers: undefined });
  totals.note('a', '1', { metrics: [running(1)], servers: undefined });
  expect(shown(totals)).toEqual({ 'running{worker="1-ending"}': 1, 'running{worker="1"}': 3 });
});

it('a server that is removed loses what ended workers have counted of it [ops-workers-metrics]', () => {
  const totals = new WorkerTotals();
  totals.note('a', '1', { metrics: [calls(['x', 3], ['(none)', 1])], servers: ['x'] });
  totals.note('b', '2', { metrics: [calls()], servers: ['x'] });
  totals.end('a');
  expect(shown(totals)).toEqual({ 'calls_total{server="x"}': 3, 'calls_total{server="(none)"}': 1 });
  totals.note('b', '2', { metrics: [calls()], servers: [] });
  expect(shown(totals)).toEqual({ 'calls_total{server="(none)"}': 1 });
});
