import type { Steps } from '../slices.ts';
import type { DistributionFigures } from './distribution.ts';
import type { Metric } from './metric.ts';

/** The formats, by their media types: Prometheus’ own text format 0.0.4, and OpenMetrics 1.0. */
export const FORMATS = ['text/plain', 'application/openmetrics-text'] as const;
export type Format = (typeof FORMATS)[number];

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  'text/plain': 'text/plain; version=0.0.4; charset=utf-8',
  'application/openmetrics-text': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Series that are written in one step: a fraction of a millisecond. */
const STEP_SERIES = 256;

/** Writes all metrics. The names of series are the same in both formats, so that a change of format breaks no graph. */
export function* expose(metrics: Iterable<Metric>, format: Format): Steps<string> {
  const isOpenMetrics = format === 'application/openmetrics-text';
  let text = '';
  let written = 0;
  for (const metric of metrics) {
    const { name, type, help, labels } = metric;
    // OpenMetrics names a family of counters without what ends the names of its series.
    const family = isOpenMetrics && type === 'counter' ? name.replace(/_total$/, '') : name;
    text += `# HELP ${family} ${escaped(help, isOpenMetrics)}\n# TYPE ${family} ${type}\n`;
    for (const { values, value } of metric.series()) {
      const pairs = labels.map((label, at) => `${label}="${escaped(values[at] ?? '', true)}"`).join(',');
      text +=
        typeof value === 'number' ? `${withLabels(name, pairs)} ${numeral(value)}\n` : buckets(name, pairs, value);
      if (++written % STEP_SERIES === 0) yield;
    }
  }
  return isOpenMetrics ? `${text}# EOF\n` : text;
}

function buckets(name: string, pairs: string, { bounds, counts, sum }: DistributionFigures): string {
  let text = '';
  let count = 0;
  const also = pairs === '' ? '' : `${pairs},`;
  for (const [at, bound] of [...bounds, Infinity].entries()) {
    count += counts[at] ?? 0;
    text += `${name}_bucket{${also}le="${canonical(bound)}"} ${String(count)}\n`;
  }
  return `${text}${withLabels(`${name}_sum`, pairs)} ${numeral(sum)}\n${withLabels(`${name}_count`, pairs)} ${String(count)}\n`;
}

function withLabels(name: string, pairs: string): string {
  return pairs === '' ? name : `${name}{${pairs}}`;
}

/** Of a bound, as OpenMetrics 1.0 writes it ("Canonical numbers"): a whole number has a point. */
function canonical(bound: number): string {
  if (bound === Infinity) return '+Inf';
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

function numeral(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function escaped(text: string, quotes: boolean): string {
  const plain = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return quotes ? plain.replaceAll('"', '\\"') : plain;
}
