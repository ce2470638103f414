import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import type { Logger } from '../logging/logger.ts';
import type { WorkerEnd, WorkerProcess } from './workerProcess.ts';
import type { WorkerPlace } from './workerPlace.ts';

/** A worker that has served for so long, in milliseconds, was sound: its end is a new trouble. */
const SOUND_MS = 10_000;

export interface WorkerSlotOptions {
  readonly number: number;
  readonly start: (place: Pick<WorkerPlace, 'number' | 'id'>) => WorkerProcess;
  readonly logger: Logger;
  /** Gets each end that nobody has asked for, and how many there were in a row. Returns whether to go on. */
  readonly onFault: (end: WorkerEnd, failures: number) => boolean;
  /** Gets each end. */
  readonly onEnd: (worker: WorkerProcess) => void;
}

/** One of the places for a worker: whoever ends there is followed by another one. */
export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  readonly #stopping = new AbortController();
  #current: WorkerProcess;
  /** That of a roll, until it is ready. */
  #successor: WorkerProcess | undefined;
  #kept: Promise<void>;

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
    this.#current = this.#start();
    this.#kept = this.#keep();
  }

  get number(): number {
    return this.#options.number;
  }

  get current(): WorkerProcess {
    return this.#current;
  }

  /** Starts another worker, and has the present one end when that is ready. @throws Error when it does not get ready */
  async roll(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const successor = (this.#successor = this.#start());
    try {
      await successor.ready;
    } finally {
      this.#successor = undefined;
    }
    const former = this.#current;
    this.#current = successor;
    former.stop(true);
    await former.ended;
  }

  /** Has its worker end, and starts no other. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const workers = [this.#current, ...(this.#successor === undefined ? [] : [this.#successor])];
    for (const worker of workers) worker.stop(false);
    await Promise.all(workers.map(({ ended }) => ended));
    await this.#kept;
  }

  #start(): WorkerProcess {
    const { number, start, onEnd } = this.#options;
    const worker = start({ number, id: randomUUID() });
    void worker.ended.then(() => onEnd(worker));
    return worker;
  }

  async #keep(): Promise<void> {
    const { logger, number, onFault } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      const worker = this.#current;
      const { code, signal: by } = await worker.ended;
      // It was rolled: another one has its place.
      if (worker !== this.#current) continue;
      if (signal.aborted) return;
      const { readySince } = worker;
      failures = readySince !== undefined && performance.now() - readySince >= SOUND_MS ? 1 : failures + 1;
      if (!onFault({ code, signal: by }, failures)) return;
      const waitMs = Math.round(backoffMs(failures));
      logger.error(
        { worker: number, pid: worker.pid, code, signal: by, waitMs },
        'a worker has ended: it is started again',
      );
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      // A roll may have brought one meanwhile.
      if (!signal.aborted && worker === this.#current) this.#current = this.#start();
    }
  }
}
