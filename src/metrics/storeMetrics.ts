import { alone, byLabel, type Metric } from './metric.ts';
import type { StoreSample } from './storeSample.ts';

/** Makes the metrics of what the stores have answered last. */
export function storeMetrics(sample: Pick<StoreSample, 'findings'>): readonly Metric[] {
  const upOrDown = (up: boolean): number => (up ? 1 : 0);
  return [
    {
      name: 'metamcp_part_up',
      type: 'gauge',
      help: '1 for each part of /health that is up: database, event_store, projections, change_feed.',
      labels: ['part'],
      series() {
        const { parts = {} } = sample.findings.health ?? {};
        return byLabel(Object.entries(parts).map(([part, { status }]) => [part, upOrDown(status === 'up')]));
      },
    },
    {
      name: 'metamcp_ready',
      type: 'gauge',
      help: '1 where calls are served, and where changes are accepted, as in /health/ready.',
      labels: ['for'],
      series() {
        const { ready } = sample.findings.health ?? {};
        const served =
          ready === undefined ? [] : [['calls', ready.calls] as const, ['changes', ready.changes] as const];
        return byLabel(served.map(([what, is]) => [what, upOrDown(is)]));
      },
    },
    {
      name: 'metamcp_projection_lag_seconds',
      type: 'gauge',
      help: 'The age of the oldest event of the event store that a read table does not contain; 0: it contains all. Absent while a store can’t be read.',
      labels: ['projection'],
      series: () => byLabel([...(sample.findings.lag ?? [])].map(([name, ms]) => [name, ms / 1_000])),
    },
    {
      name: 'metamcp_keys_expiring',
      type: 'gauge',
      help: 'API keys that can be used, and expire within so many days. All gateways of an installation count the same keys.',
      labels: ['days'],
      series() {
        const { expiring } = sample.findings;
        if (expiring === undefined) return [];
        const { day, week, month } = expiring;
        return byLabel([
          ['1', day],
          ['7', week],
          ['30', month],
        ]);
      },
    },
    {
      name: 'metamcp_store_answers',
      type: 'gauge',
      help: '1 when the stores were asked for what this shows of them, and both have answered in time.',
      labels: [],
      series() {
        const { lag, expiring } = sample.findings;
        return alone(upOrDown(lag !== undefined && expiring !== undefined));
      },
    },
  ];
}
