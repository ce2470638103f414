import { readdir, readFile } from 'node:fs/promises';
import { alone, byLabel, type Metric } from './metric.ts';

/** Where Linux shows a process its open files, and its limits (proc_pid_fd(5), proc_pid_limits(5)). */
const OPEN_FILES = '/proc/self/fd';
const LIMITS = '/proc/self/limits';

/** The figures of this process, by the names that client libraries of Prometheus have for them. */
export class ProcessFigures {
  #openFiles: number | undefined;
  #maxFiles: number | undefined;

  /** Reads what is not at hand. Never rejects; where the system has no /proc, these figures are left out. */
  async refresh(): Promise<void> {
    this.#openFiles = await readdir(OPEN_FILES).then(
      // One of them is that of the reading.
      (names) => names.length - 1,
      () => undefined,
    );
    this.#maxFiles ??= await readFile(LIMITS, 'utf8').then(maxFilesIn, () => undefined);
  }

  get metrics(): readonly Metric[] {
    return [
      {
        name: 'process_cpu_seconds_total',
        type: 'counter',
        help: 'CPU time of the process, in user and system mode.',
        labels: [],
        series() {
          const { user, system } = process.cpuUsage();
          return alone((user + system) / 1_000_000);
        },
      },
      {
        name: 'process_start_time_seconds',
        type: 'gauge',
        help: 'When the process was started, in seconds since the epoch.',
        labels: [],
        series: () => alone(performance.timeOrigin / 1_000),
      },
      {
        name: 'process_resident_memory_bytes',
        type: 'gauge',
        help: 'Memory that the process has of the system.',
        labels: [],
        series: () => alone(process.memoryUsage.rss()),
      },
      {
        name: 'nodejs_memory_bytes',
        type: 'gauge',
        help: 'Memory of the JavaScript engine: its heap, what of that is used, and buffers outside of it.',
        labels: ['what'],
        series() {
          const { heapTotal, heapUsed, external } = process.memoryUsage();
          return byLabel([
            ['heap', heapTotal],
            ['heap_used', heapUsed],
            ['external', external],
          ]);
        },
      },
      {
        name: 'process_open_fds',
        type: 'gauge',
        help: 'Open file descriptors. A proxied stream takes two.',
        labels: [],
        series: () => alone(this.#openFiles),
      },
      {
        name: 'process_max_fds',
        type: 'gauge',
        help: 'File descriptors that the process may have open.',
        labels: [],
        series: () => alone(this.#maxFiles),
      },
    ];
  }
}

function maxFilesIn(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
