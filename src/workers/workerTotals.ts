import type { DistributionFigures } from '../metrics/distribution.ts';
import type { Metric, Series } from '../metrics/metric.ts';
import type { MetricFigures } from './metricFigures.ts';
import type { WorkerFigures } from './workerMessages.ts';

/** The label of gauges that says whose they are. */
const WORKER = 'worker';
const SERVER = 'server';
/** Values of the label `server` that are no server’s name begin so. */
const NO_SERVER = '(';

type Value = number | DistributionFigures;
type Sums = Map<string, { readonly values: readonly string[]; readonly value: Value }>;

/**
 * Adds up what workers count. Counters and histograms are sums over all workers, those that have ended among them, so that none
 * goes back when a worker is replaced. A gauge has one series for each worker.
 */
export class WorkerTotals {
  /** By process, as it was read last: of a worker there may be two while it is replaced. */
  readonly #present = new Map<string, WorkerFigures & { readonly worker: string }>();
  /** What workers had counted that have ended, by metric. */
  readonly #ended = new Map<string, Sums>();

  /** Takes what a worker has now. @param id of its process @param worker what the label shows */
  note(id: string, worker: string, figures: WorkerFigures): void {
    this.#present.set(id, { ...figures, worker });
    if (figures.servers !== undefined) this.#forgetServers(new Set(figures.servers));
  }

  /** A worker has ended: its gauges are gone, and what it has counted stays. */
  end(id: string): void {
    for (const metric of this.#present.get(id)?.metrics ?? []) {
      if (metric.type === 'gauge') continue;
      const sums = this.#ended.get(metric.name) ?? (new Map() as Sums);
      this.#ended.set(metric.name, sums);
      add(sums, metric);
    }
    this.#present.delete(id);
  }

  /** Gives the metrics of all, as they were noted last. */
  *[Symbol.iterator](): Generator<Metric> {
    const named = new Map<string, { readonly metric: MetricFigures; readonly of: [string, MetricFigures][] }>();
    const latest = new Map([...this.#present.values()].map((figures) => [figures.worker, figures]));
    for (const figures of this.#present.values()) {
      // While a worker is replaced, there are two of its number.
      const worker = latest.get(figures.worker) === figures ? figures.worker : `${figures.worker}-ending`;
      for (const metric of figures.metrics) {
        const same = named.get(metric.name) ?? { metric, of: [] };
        named.set(metric.name, same);
        same.of.push([worker, metric]);
      }
    }
    for (const { metric, of } of named.values()) {
      const { name, type, help, labels } = metric;
      if (type === 'gauge') yield { name, type, help, labels: [...labels, WORKER], series: () => gauges(of) };
      else yield { name, type, help, labels, series: () => this.#sums(name, of) };
    }
  }

  #sums(name: string, of: readonly [string, MetricFigures][]): Iterable<Series> {
    const sums: Sums = new Map(this.#ended.get(name));
    for (const [, metric] of of) add(sums, metric);
    return sums.values();
  }

  /** A server that is removed loses its series (docs/ops/README.md). */
  #forgetServers(registered: ReadonlySet<string>): void {
    const [first] = this.#present.values();
    for (const { name, labels } of first?.metrics ?? []) {
      const at = labels.indexOf(SERVER);
      const sums = at === -1 ? undefined : this.#ended.get(name);
      for (const [key, { values }] of sums ?? []) {
        const server = values[at] ?? '';
        if (!server.startsWith(NO_SERVER) && !registered.has(server)) sums?.delete(key);
      }
    }
  }
}

function* gauges(of: readonly [string, MetricFigures][]): Generator<Series> {
  for (const [worker, { series }] of of) {
    for (const [values, value] of series) yield { values: [...values, worker], value };
  }
}

function add(sums: Sums, { series }: MetricFigures): void {
  for (const [values, value] of series) {
    const key = values.join('\0');
    const before = sums.get(key);
    sums.set(key, { values, value: before === undefined ? value : sum(before.value, value) });
  }
}

function sum(one: Value, other: Value): Value {
  if (typeof one === 'number' || typeof other === 'number') return Number(one) + Number(other);
  // Bounds are fixed; those of another release may differ, and then its counts begin anew.
  if (one.bounds.length !== other.bounds.length) return other;
  return {
    bounds: other.bounds,
    counts: other.counts.map((count, at) => count + (one.counts[at] ?? 0)),
    sum: one.sum + other.sum,
  };
}
