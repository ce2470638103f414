import type { Socket } from 'node:net';
import { Unavailable } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { WorkerProcess, type WorkerEnd, type WorkerProgram } from './workerProcess.ts';
import type { WorkerPlace } from './workerPlace.ts';
import { WorkerSlot } from './workerSlot.ts';
import type { WorkerTotals } from './workerTotals.ts';

/** Ends of one worker in a row, after which nobody is waited for any more where no other one serves. */
const MAX_FAILURES = 5;

export interface WorkersOptions extends Pick<WorkerPlace, 'count' | 'group' | 'folder'> {
  readonly program: WorkerProgram;
  readonly logger: Logger;
  readonly totals: WorkerTotals;
  /** Gets connections that a worker that has ended had not taken. */
  readonly onLeftOver: (connection: Socket) => void;
  /** The last worker that takes connections wants no more. Resolves when none come. */
  readonly onLastLeave: () => Promise<void>;
  /** A worker takes connections from now on, or does no more. */
  readonly onChange: () => void;
  /** As of a worker. (Default: its own) */
  readonly silentMs?: number | undefined;
}

/** The workers of a supervisor. */
export class Workers {
  /** Rejects when no worker can be kept running. */
  readonly failed: Promise<never>;
  readonly #options: WorkersOptions;
  readonly #slots: WorkerSlot[] = [];
  /** Those that are being started, that serve, and that end. */
  readonly #all = new Set<WorkerProcess>();
  readonly #failure = Promise.withResolvers<never>();
  #logLevel: string | undefined;
  #rolling: Promise<void> | undefined;
  /** A roll that was asked for while another one was under way: what it is for may have come after some of its workers. */
  #isRollDue = false;
  #hasStarted = false;
  #isStopping = false;
  #ends = { fault: 0, replaced: 0 };

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.failed = this.#failure.promise;
    this.failed.catch(() => undefined);
  }

  /** How often workers have ended since the start, unasked and replaced. */
  get ends(): Readonly<{ fault: number; replaced: number }> {
    return this.#ends;
  }

  [Symbol.iterator](): IterableIterator<WorkerProcess> {
    return this.#all.values();
  }

  /**
   * Starts all of them. The first one alone: it migrates the database, and makes what an installation has once.
   * @returns how the first one ended, if it did before it was ready
   */
  async start(): Promise<WorkerEnd | undefined> {
    const first = this.#open(1);
    const end = await Promise.race([first.current.ready.then(() => undefined), first.current.ended]);
    if (end !== undefined || this.#isStopping) return end;
    this.#hasStarted = true;
    const others = Array.from({ length: this.#options.count - 1 }, (_, at) => this.#open(at + 2));
    await Promise.allSettled(others.map(({ current }) => current.ready));
    return undefined;
  }

  /** Replaces one worker after the other, each when its successor is ready. One that does not get ready ends it, and what is there stays. */
  roll(): Promise<void> {
    this.#isRollDue = true;
    this.#rolling ??= this.#rollWhileDue().finally(() => (this.#rolling = undefined));
    return this.#rolling;
  }

  /** Has all read their settings again. */
  async reread(): Promise<void> {
    // The level may be among what has changed: then the logger has it.
    if (this.#logLevel !== undefined) this.#logLevel = this.#options.logger.level;
    await Promise.all([...this.#all].map((worker) => worker.reread()));
  }

  /** Sets the level of all, also of those that are started later. */
  setLogLevel(level: string): void {
    this.#logLevel = level;
    this.#options.logger.level = level;
    for (const worker of this.#all) worker.setLogLevel(level);
  }

  /** Has all tell their figures. */
  async collect(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.collect()));
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#slots.map((slot) => slot.stop()));
    await Promise.all([...this.#all].map(({ ended }) => ended));
  }

  async #rollWhileDue(): Promise<void> {
    while (this.#isRollDue && !this.#isStopping) {
      this.#isRollDue = false;
      await this.#roll();
    }
  }

  async #roll(): Promise<void> {
    const { logger } = this.#options;
    logger.info('the workers are replaced, one after the other');
    try {
      for (const slot of this.#slots) {
        if (this.#isStopping) return;
        await slot.roll();
        this.#ends.replaced += 1;
        logger.info({ worker: slot.number, pid: slot.current.pid }, 'a worker was replaced');
      }
    } catch (error) {
      if (!this.#isStopping)
        logger.error({ err: error }, 'workers are not replaced any further: a new one does not start');
    }
  }

  #open(number: number): WorkerSlot {
    const { logger } = this.#options;
    const slot = new WorkerSlot({
      number,
      logger,
      start: (place) => this.#fork(place),
      onEnd: (worker) => {
        this.#all.delete(worker);
        this.#options.totals.end(worker.place.id);
      },
      onFault: (end, failures) => this.#mayGoOn(end, failures),
    });
    this.#slots.push(slot);
    return slot;
  }

  #fork(place: Pick<WorkerPlace, 'number' | 'id'>): WorkerProcess {
    const { count, group, folder, program, logger, totals, onLeftOver, onLastLeave, onChange, silentMs } =
      this.#options;
    const all = this.#all;
    const worker: WorkerProcess = new WorkerProcess({
      program,
      place: { ...place, count, group, folder },
      logLevel: () => this.#logLevel,
      logger,
      onLeftOver,
      async onLeave() {
        if (![...all].some((other) => other !== worker && other.takes)) await onLastLeave();
      },
      onChange: () => {
        this.#tellServing();
        onChange();
      },
      onLogLevel: (level) => this.setLogLevel(level),
      onFigures: (figures) => totals.note(place.id, String(place.number), figures),
      silentMs,
    });
    this.#all.add(worker);
    return worker;
  }

  #tellServing(): void {
    const takers = [...this.#all].filter(({ takes }) => takes);
    const serving = takers.map(({ place: { number, id } }) => ({ number, id }));
    // Those that end, too: what is shared is not theirs any more.
    for (const worker of this.#all) worker.tellServing(serving);
  }

  #mayGoOn({ code, signal }: WorkerEnd, failures: number): boolean {
    // What keeps the first one from starting is told at once, as of a single process.
    if (!this.#hasStarted) return false;
    this.#ends.fault += 1;
    if (failures < MAX_FAILURES || [...this.#all].some(({ takes }) => takes)) return true;
    const how = signal ?? `exit code ${String(code)}`;
    const message = `No worker stays: ${failures} ended in a row, the last one with ${how}. What each has written before says why.`;
    this.#failure.reject(new Unavailable('workers-failed', message));
    return false;
  }
}
