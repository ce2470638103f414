import { randomUUID } from 'node:crypto';
import type { Principal } from '../../auth/principal.ts';
import type { RunningCall } from '../../calls/runningCall.ts';
import type { AppError } from '../../errors/appError.ts';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Era } from '../../mcp/eras.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import type { Upstream } from '../upstream.ts';
import type { StdioUpstream } from './openStdio.ts';
import type { ProcessState } from './processState.ts';

export interface PooledProcessOptions {
  readonly server: LiveServer;
  /** For whom it is kept. Its own session: it ends with its one holder. */
  readonly sharedBy: 'session' | 'key' | 'shared';
  readonly principal: Principal;
  /** The era that was asked for; undefined: any. */
  readonly era: Era | undefined;
  readonly open: (process: PooledProcess, signal: AbortSignal) => Promise<StdioUpstream>;
  /** It is nobody's any more. */
  readonly onEnd: (process: PooledProcess) => void;
  readonly state: ProcessState;
}

/** A process of a server, and those who hold it. It stands in the register as a stream does, unless its holder stands there. */
export class PooledProcess implements RunningCall {
  readonly id = randomUUID();
  readonly server: LiveServer;
  readonly principal: Principal;
  readonly sharedBy: PooledProcessOptions['sharedBy'];
  readonly tools: readonly string[] = [];
  readonly onlyTools = false;
  readonly standing = true;
  readonly holds = 'program';
  state: ProcessState;
  /** It has shown that its server speaks one era only, so that it serves clients of either. */
  isOfOneEra = false;
  /** What takes it out of the register. */
  leaveRegister: () => void = () => undefined;
  readonly #options: PooledProcessOptions;
  readonly #closing = new AbortController();
  readonly #opened: Promise<StdioUpstream>;
  #upstream: StdioUpstream | undefined;
  #holders = 0;
  #isRetired = false;
  #isRestarting = false;
  #ended: Promise<void> | undefined;

  constructor(options: PooledProcessOptions) {
    const { server, principal, sharedBy, state, open, era } = options;
    this.#options = options;
    this.server = server;
    this.principal = principal;
    this.sharedBy = sharedBy;
    this.state = state;
    this.#opened = Promise.resolve().then(() => {
      this.#closing.signal.throwIfAborted();
      return open(this, this.#closing.signal);
    });
    this.#opened.then(
      (upstream) => {
        this.#upstream = upstream;
        this.isOfOneEra = era !== undefined && upstream.facts.era !== era;
      },
      () => void this.end(),
    );
  }

  get holders(): number {
    return this.#holders;
  }

  get isOpening(): boolean {
    return this.#upstream === undefined && this.#ended === undefined;
  }

  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** The era that it speaks, or while it opens is expected to. */
  get era(): Era | undefined {
    return this.#upstream?.facts.era ?? this.#options.era;
  }

  /** A client of this era can share it. */
  serves(era: Era | undefined): boolean {
    return !this.#isRetired && !this.isEnded && (era === undefined || this.isOfOneEra || this.era === era);
  }

  /**
   * Waits for the process and gives an Upstream over it, which holds it until it is disposed of. Who leaves while it opens ends
   * the opening, unless others wait, too.
   * @throws why it can't be opened; the reason of the signal
   */
  async hold(signal: AbortSignal | undefined): Promise<Upstream> {
    this.#holders++;
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders--;
      const isOver = this.#holders === 0 && (this.sharedBy === 'session' || this.#isRetired || this.isOpening);
      // It may take its time, for which nobody needs to wait.
      if (isOver) void this.end();
      else this.#endIfStopped();
    };
    try {
      return heldUpstream(await this.#whenOpen(signal), release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Waits until it is open, or has failed. Never throws. */
  async settled(signal: AbortSignal | undefined): Promise<void> {
    await this.#whenOpen(signal).catch(() => undefined);
  }

  /** Takes no more holders, and ends with the last one. */
  retire(): void {
    this.#isRetired = true;
    if (this.#holders === 0) void this.end();
  }

  /** Ends it, with what is under way. Returns when nothing is left of it. */
  end(reason: AppError = upstreamClosed({ server: this.server.name })): Promise<void> {
    if (this.#ended === undefined) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#ended = promise;
      void this.#end(reason).then(() => resolve(undefined));
    }
    return this.#ended;
  }

  cut(reason: AppError): void {
    void this.end(reason);
  }

  endStanding(): boolean {
    this.retire();
    return true;
  }

  async restart(): Promise<void> {
    this.#isRestarting = true;
    try {
      await (await this.#opened).restart();
    } finally {
      this.#isRestarting = false;
    }
  }

  note(state: ProcessState): void {
    this.state = state;
    this.#endIfStopped();
  }

  /** One that was stopped because nobody used it, and that nobody holds, is started anew by whoever comes. */
  #endIfStopped(): void {
    if (this.#holders === 0 && this.state.status === 'stopped' && !this.#isRestarting && !this.isOpening)
      void this.end();
  }

  async #whenOpen(signal: AbortSignal | undefined): Promise<StdioUpstream> {
    if (signal === undefined) return await this.#opened;
    signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort);
    try {
      return await Promise.race([this.#opened, promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async #end(reason: AppError): Promise<void> {
    this.#closing.abort(reason);
    this.#options.onEnd(this);
    try {
      await (await this.#opened)[Symbol.asyncDispose]();
    } catch {
      // It never opened.
    } finally {
      this.leaveRegister();
    }
  }
}

/** What one holder has of a process that others may hold, too: disposing ends what is under way for this one. */
function heldUpstream(upstream: StdioUpstream, release: () => void): Upstream {
  const closing = new AbortController();
  const closed = closing.signal;
  const withClosed = (signal: AbortSignal | undefined) =>
    signal === undefined ? closed : AbortSignal.any([signal, closed]);
  return {
    server: upstream.server,
    secrets: upstream.secrets,
    get facts() {
      return upstream.facts;
    },
    ask: (request, options) => upstream.ask(request, { ...options, released: closed }),
    async *listen(options) {
      closed.throwIfAborted();
      yield* upstream.listen({ ...options, signal: withClosed(options.signal) });
      if (!options.signal.aborted) closed.throwIfAborted();
    },
    async tell(notification, options = {}) {
      await upstream.tell(notification, { ...options, signal: withClosed(options.signal) });
    },
    async reply(id, outcome) {
      closed.throwIfAborted();
      await upstream.reply(id, outcome);
    },
    [Symbol.asyncDispose]() {
      if (!closed.aborted) closing.abort(upstreamClosed(upstream));
      release();
      return Promise.resolve();
    },
  };
}
