import { Unavailable } from '../../errors/appError.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import type { Upstream } from '../upstream.ts';
import type { Member } from './member.ts';

export interface MemberConnectionOptions {
  /** It is closed when nobody has used it for so long. One whose tools were called may hold state, and is kept for longer. */
  readonly idleMs: number;
  readonly idleAfterCallMs: number;
}

/** The conversation with a member: opened when it is needed first, closed when it was idle, opened again when it is needed again. */
export class MemberConnection implements AsyncDisposable {
  member: Member;
  readonly #options: MemberConnectionOptions;
  readonly #onOpen: (upstream: Upstream) => Promise<void>;
  #opened: Promise<Upstream> | undefined;
  #current: Upstream | undefined;
  #closing = new AbortController();
  #users = 0;
  #hasCalled = false;
  #idle: NodeJS.Timeout | undefined;
  #idleSince = 0;
  /** Why it takes no more requests. */
  #end: Unavailable | undefined;

  constructor(
    member: Member,
    options: MemberConnectionOptions,
    onOpen: (upstream: Upstream) => Promise<void> = () => Promise.resolve(),
  ) {
    this.member = member;
    this.#options = options;
    this.#onOpen = onOpen;
  }

  /** The conversation, where it is open now. */
  get current(): Upstream | undefined {
    return this.#end === undefined ? this.#current : undefined;
  }

  /** Keeps the open conversation until `release`. */
  hold(): void {
    this.#users++;
  }

  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  /** The client that it is for has ended it, or may use the server no longer. */
  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** A tool was called: the server may hold something for the client. */
  noteCall(): void {
    this.#hasCalled = true;
  }

  /** Gives the open conversation, which stays open until `release`. @throws what opening it throws */
  async acquire(): Promise<Upstream> {
    if (this.#end !== undefined) throw this.#end;
    this.#users++;
    try {
      return await (this.#opened ??= this.#open());
    } catch (error) {
      this.release();
      throw this.#end ?? error;
    }
  }

  release(): void {
    this.#users--;
    if (this.#users > 0 || this.#opened === undefined || this.#end !== undefined) return;
    this.#idleSince = performance.now();
    this.#idle ??= this.#waitForIdleness(this.#idleMs);
  }

  async use<T>(work: (upstream: Upstream) => Promise<T>): Promise<T> {
    const upstream = await this.acquire();
    try {
      return await work(upstream);
    } finally {
      this.release();
    }
  }

  /** Ends what is under way, and takes no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end ??= upstreamClosed(this.member);
    await this.#close();
  }

  get #idleMs(): number {
    return this.#hasCalled ? this.#options.idleAfterCallMs : this.#options.idleMs;
  }

  /** One timer for as long as it is open: to set one after each call would cost each call. */
  #waitForIdleness(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#idle = undefined;
      // The next one to release it waits anew.
      if (this.#users > 0) return;
      const left = this.#idleMs - (performance.now() - this.#idleSince);
      if (left > 0) this.#idle = this.#waitForIdleness(left);
      else void this.#close();
    }, ms);
    return timer.unref();
  }

  #open(): Promise<Upstream> {
    const closing = new AbortController();
    this.#closing = closing;
    const opened = this.member.open(closing.signal).then(async (upstream) => {
      await this.#onOpen(upstream);
      if (this.#opened === opened) this.#current = upstream;
      return upstream;
    });
    opened.catch(() => {
      if (this.#opened === opened) this.#opened = undefined;
    });
    return opened;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    const opened = this.#opened;
    this.#opened = undefined;
    this.#current = undefined;
    this.#hasCalled = false;
    if (opened === undefined) return;
    if (this.#end !== undefined) this.#closing.abort(this.#end);
    try {
      await (await opened)[Symbol.asyncDispose]();
    } catch {
      // It never opened, or the server does not let go of its session: both are over for us.
    }
  }
}
