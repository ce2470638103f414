import { median, percentile, runLoad, type LoadResult } from './load.ts';
import type { MeasuredProcess } from './measuredProcess.ts';

export interface Target {
  readonly name: string;
  readonly process: MeasuredProcess<object>;
  readonly url: (kind: Kind) => string;
  readonly headers: Readonly<Record<string, string>>;
}

export type Kind = 'json' | 'sse';

interface Sample extends LoadResult {
  /** CPU seconds per 1,000 requests. */
  readonly cpu: number;
}

export interface ThroughputOptions {
  readonly targets: readonly Target[];
  readonly rounds: number;
  readonly durationMs: number;
}

/**
 * Measures all targets interleaved, A B C A B C …, so that a machine whose speed drifts is unfair to none, and prints
 * medians over the rounds. Ratios are taken within a round.
 */
export async function measureThroughput({ targets, rounds, durationMs }: ThroughputOptions): Promise<void> {
  for (const kind of ['json', 'sse'] as const) {
    for (const callers of [1, 32, 256]) {
      const samples = new Map<string, Sample[]>(targets.map(({ name }) => [name, []]));
      for (const target of targets) await sample(target, kind, callers, durationMs / 2);
      for (let round = 0; round < rounds; round += 1) {
        for (const target of targets) samples.get(target.name)?.push(await sample(target, kind, callers, durationMs));
      }
      print(kind, callers, targets, samples);
    }
  }
}

async function sample(target: Target, kind: Kind, callers: number, durationMs: number): Promise<Sample> {
  const before = await target.process.usage();
  const result = await runLoad({ url: target.url(kind), headers: target.headers, callers, durationMs });
  const after = await target.process.usage();
  return { ...result, cpu: ((after.cpuSeconds - before.cpuSeconds) / result.requests) * 1_000 };
}

function print(kind: Kind, callers: number, targets: readonly Target[], samples: ReadonlyMap<string, Sample[]>): void {
  console.log(`\n${kind.toUpperCase()} answers, ${callers} callers`);
  console.log('  target                  requests/s    p50 ms    p99 ms   CPU s/1000   CPU ratio to: bare    koa');
  const of = (name: string) => samples.get(name) ?? [];
  for (const { name } of targets) {
    const mine = of(name);
    const figure = (value: (sample: Sample) => number) => median(mine.map(value));
    const ratio = (floor: string) => median(mine.map((s, round) => s.cpu / (of(floor)[round]?.cpu ?? Number.NaN)));
    console.log(
      '  ' +
        name.padEnd(22) +
        figure((s) => s.requests / s.seconds)
          .toFixed(0)
          .padStart(12) +
        figure((s) => percentile(s.latencies, 0.5))
          .toFixed(2)
          .padStart(10) +
        figure((s) => percentile(s.latencies, 0.99))
          .toFixed(2)
          .padStart(10) +
        figure((s) => s.cpu)
          .toFixed(3)
          .padStart(13) +
        ratio('bare floor').toFixed(2).padStart(21) +
        ratio('koa floor').toFixed(2).padStart(7),
    );
  }
}
