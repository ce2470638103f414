import { constants, PerformanceObserver } from 'node:perf_hooks';
import { Distribution } from './distribution.ts';
import { byLabel, type Metric } from './metric.ts';

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1];

const KINDS = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak-callbacks'],
]);

/** Measures the pauses of garbage collection. Disposing ends it. */
export class GarbageCollection implements Disposable {
  readonly #byKind = new Map([...KINDS.values()].map((kind) => [kind, new Distribution(SECONDS)]));
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (!('detail' in entry)) continue;
        const { kind } = entry.detail as { readonly kind: number };
        this.#byKind.get(KINDS.get(kind) ?? '')?.observe(entry.duration / 1_000);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  get metrics(): readonly Metric[] {
    return [
      {
        name: 'nodejs_gc_duration_seconds',
        type: 'histogram',
        help: 'Pauses of garbage collection, by kind.',
        labels: ['kind'],
        series: () => byLabel(this.#byKind),
      },
    ];
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
  }
}
