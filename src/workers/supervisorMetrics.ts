import { alone, byLabel, type Metric } from '../metrics/metric.ts';
import type { Workers } from './workers.ts';

/** Makes the metrics of the workers of a supervisor. */
export function supervisorMetrics(
  workers: Pick<Workers, 'ends'> & Iterable<{ readonly takes: boolean }>,
): readonly Metric[] {
  return [
    {
      name: 'metamcp_workers',
      type: 'gauge',
      help: 'Workers that take connections, of those that --workers asks for.',
      labels: [],
      series: () => alone([...workers].filter(({ takes }) => takes).length),
    },
    {
      name: 'metamcp_worker_ends_total',
      type: 'counter',
      help: 'Workers that have ended: by a fault, or because they were replaced.',
      labels: ['why'],
      series: () => byLabel(Object.entries(workers.ends)),
    },
  ];
}
