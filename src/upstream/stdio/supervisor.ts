import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { AppError, Unavailable } from '../../errors/appError.ts';
import { reasonOf } from '../../errors/reason.ts';
import type { Logger } from '../../logging/logger.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import type { ProcessState } from './processState.ts';
import type { StdioSettings } from './stdioSettings.ts';

/** A process that has started and serves. */
export interface ServingProcess {
  readonly pid: number;
  /** Settled with the reason when it has ended. */
  readonly ended: Promise<Unavailable>;
  stop(): Promise<void>;
}

/** It is not stopped for idleness until this is disposed of. */
export interface ProcessUse<P> extends Disposable {
  readonly process: P;
}

export interface SupervisorOptions<P> {
  /** The server's name. */
  readonly server: string;
  /** Starts the process; it serves once this settles. */
  readonly start: (signal: AbortSignal) => Promise<P>;
  readonly settings: Pick<StdioSettings, 'idleStopMs' | 'restarts'>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Never goes back. */
  readonly steadyClock: Clock;
}

/**
 * Keeps one process of a server: started when it is needed, kept warm, stopped when nobody has used it for long, started again
 * with growing waits when it ends by itself and somebody needs it, and given up loudly when that does not help.
 */
export class Supervisor<P extends ServingProcess> implements AsyncDisposable {
  readonly #options: SupervisorOptions<P>;
  readonly #listeners = new Set<(state: ProcessState) => void>();
  #state: ProcessState;
  /** The process, or its start. */
  #current: Promise<P> | undefined;
  /** The process, while it serves. */
  #serving: P | undefined;
  /** Ends the start that is under way or waited for. */
  #starting = new AbortController();
  #idle: NodeJS.Timeout | undefined;
  #users = 0;
  #stopping: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: SupervisorOptions<P>) {
    this.#options = options;
    this.#state = { status: 'stopped', since: options.clock(), failures: 0 };
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** Calls back with each further state. Returns the function that stops it. */
  onState(listener: (state: ProcessState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Gives the process, started when it is needed.
   * @param signal aborted when it is needed no longer
   * @throws Unavailable `upstream-given-up`, `upstream-closed`, or why it can't be started; the reason of the signal
   */
  async use(signal?: AbortSignal): Promise<ProcessUse<P>> {
    const release = this.#hold();
    try {
      await untilAborted(this.#stopping, signal);
      return { process: await untilAborted(this.#running(), signal), [Symbol.dispose]: release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Gives the process that serves already; undefined: `use` is to be waited for. */
  useNow(): ProcessUse<P> | undefined {
    const process = this.#serving;
    return process && { process, [Symbol.dispose]: this.#hold() };
  }

  #hold(): () => void {
    this.#users += 1;
    return () => {
      if (--this.#users === 0) this.#waitForIdleness();
    };
  }

  /** Stops the process and starts it anew, also one that was given up. */
  async restart(): Promise<void> {
    await this.#stop('it is restarted');
    this.#set({ status: 'stopped', failures: 0 });
    (await this.use())[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#stop('the gateway does not use it any more');
  }

  #running(): Promise<P> {
    const { server } = this.#options;
    if (this.#isClosed) throw upstreamClosed({ server });
    if (this.#state.status === 'given-up') throw givenUp(server, this.#state);
    this.#current ??= this.#start();
    return this.#current;
  }

  async #start(): Promise<P> {
    const { failures } = this.#state;
    const { signal } = this.#starting;
    this.#set({ status: 'starting', failures });
    try {
      const process = await this.#options.start(signal);
      if (!signal.aborted) this.#serving = process;
      this.#set({ status: 'running', failures, pid: process.pid });
      const startedAt = this.#options.steadyClock();
      void process.ended.then((reason) => this.#ended(reason, startedAt));
      return process;
    } catch (error) {
      this.#failed(error, failures + 1);
      throw error;
    }
  }

  #ended(reason: Unavailable, startedAt: number): void {
    if (this.#stopping !== undefined || this.#isClosed) return;
    const isHealthy = this.#options.steadyClock() - startedAt >= this.#options.settings.restarts.healthyMs;
    this.#failed(reason, isHealthy ? 1 : this.#state.failures + 1);
  }

  #failed(error: unknown, failures: number): void {
    this.#current = undefined;
    this.#serving = undefined;
    if (this.#isClosed || this.#stopping !== undefined) return;
    const { server, logger, settings } = this.#options;
    const reason = reasonOf(error);
    if (error instanceof AppError && error.code === 'too-many-programs') {
      // Nothing is wrong with the program: whoever needs it tries again.
      this.#set({ status: 'stopped', failures: 0, reason });
      return;
    }
    if (failures > settings.restarts.most) {
      this.#set({ status: 'given-up', failures, reason });
      logger.error(
        { server, reason, failures },
        'an MCP server ends again and again: it is given up until it is restarted',
      );
      return;
    }
    const waitMs = settings.restarts.waitMs(failures);
    this.#set({ status: 'restarting', failures, reason, retryAt: Math.round(this.#options.clock() + waitMs) });
    logger.warn(
      { server, reason, failures, waitMs: Math.round(waitMs) },
      'an MCP server has ended: it is started again when it is needed',
    );
    // Whoever needs it meanwhile waits with it.
    this.#current = delay(waitMs, undefined, { signal: this.#starting.signal, ref: false }).then(
      () => (this.#users > 0 ? this.#start() : this.#rest({ failures, reason })),
      () => Promise.reject(upstreamClosed({ server })),
    );
    this.#current.catch(() => undefined);
  }

  /**
   * Nobody waits for it after its end: its client may be gone, and a start costs the gateway a moment in which it does nothing else.
   * Its failures still count.
   */
  #rest({ failures, reason }: Pick<ProcessState, 'failures' | 'reason'>): never {
    this.#current = undefined;
    this.#set({ status: 'stopped', failures, ...(reason !== undefined && { reason }) });
    throw upstreamClosed(this.#options);
  }

  #waitForIdleness(): void {
    const { idleStopMs } = this.#options.settings;
    if (idleStopMs === undefined || this.#isClosed) return;
    // One timer for all uses: they come with each call.
    if (this.#idle === undefined) this.#idle = setTimeout(() => this.#stopIfIdle(), idleStopMs).unref();
    else this.#idle.refresh();
  }

  #stopIfIdle(): void {
    if (this.#users === 0) void this.#stop('nobody has used it for long');
  }

  async #stop(reason: string): Promise<void> {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    const current = this.#current;
    this.#current = undefined;
    this.#serving = undefined;
    if (current === undefined) return;
    this.#stopping = (async () => {
      this.#starting.abort(upstreamClosed(this.#options));
      this.#starting = new AbortController();
      const process = await current.catch(() => undefined);
      await process?.stop();
    })().finally(() => {
      this.#stopping = undefined;
      this.#set({ status: 'stopped', failures: 0, reason });
    });
    await this.#stopping;
  }

  #set(state: Omit<ProcessState, 'since'>): void {
    this.#state = { ...state, since: this.#options.clock() };
    for (const listener of this.#listeners) listener(this.#state);
  }
}

async function untilAborted<T>(work: T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function givenUp(server: string, { failures, reason }: ProcessState): Unavailable {
  const why = reason === undefined ? '' : `: ${reason}`;
  const message = `The server "${server}" was given up after its program had ended ${failures} times in a row${why} Correct it, then restart the server.`;
  return new Unavailable('upstream-given-up', message, { data: { server, processed: false } });
}
