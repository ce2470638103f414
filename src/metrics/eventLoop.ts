import { Distribution } from './distribution.ts';
import type { Metric } from './metric.ts';

/** How often it is looked at, in milliseconds: some microseconds each time. */
const EVERY_MS = 20;

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Measures how late the event loop comes to what is due: by so much are all calls held up. Disposing ends it. */
export class EventLoopDelay implements Disposable {
  readonly #delays = new Distribution(SECONDS);
  readonly #timer: NodeJS.Timeout;
  #lastAt = performance.now();

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#delays.observe(Math.max(0, now - this.#lastAt - EVERY_MS) / 1_000);
      this.#lastAt = now;
    }, EVERY_MS).unref();
  }

  get metrics(): readonly Metric[] {
    return [
      {
        name: 'nodejs_eventloop_delay_seconds',
        type: 'histogram',
        help: 'How late a timer of 20 ms was that runs all the time: so long, all calls waited for one piece of work.',
        labels: [],
        series: () => [{ values: [], value: this.#delays }],
      },
    ];
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
