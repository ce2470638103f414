import type { Unavailable } from '../../errors/appError.ts';
import { upstreamClosed } from '../../mcp/failures.ts';
import type { ParkedUpstream, Upstream } from '../upstream.ts';
import type { Member } from './member.ts';

export interface MemberConnectionOptions {
  /** It is closed when nobody has used it for so long. One whose tools were called may hold state, and is kept for longer. */
  readonly idleMs: number;
  readonly idleAfterCallMs: number;
  /** One that is kept is parked when nobody has used it for so long, where it can be. (Default: 10_000) */
  readonly parkMs?: number | undefined;
}

/** A client that works comes back sooner, in milliseconds. */
const PARK_MS = 10_000;

/** What is left of a conversation that may hold state for its client: the session at the server. */
export interface ParkedConnection {
  readonly server: string;
  /** See Member: another server under the same name knows nothing of the session. */
  readonly listsKey: string;
  readonly upstream: ParkedUpstream;
  /** By performance.now(). */
  readonly idleSince: number;
  readonly isWatched: boolean;
}

/**
 * The conversation with a member: opened when it is needed first, closed when it was idle, opened again when it is needed again.
 * One that may hold state is parked meanwhile, and goes on in its session at the server.
 */
export class MemberConnection implements AsyncDisposable {
  member: Member;
  readonly #options: { readonly [Name in keyof MemberConnectionOptions]-?: number };
  readonly #onOpen: (upstream: Upstream) => Promise<void>;
  #opened: Promise<Upstream> | undefined;
  #current: Upstream | undefined;
  #parked: ParkedUpstream | undefined;
  #closing = new AbortController();
  #users = 0;
  #hasCalled = false;
  #isWatched = false;
  #idle: NodeJS.Timeout | undefined;
  #idleSince = 0;
  /** Why it takes no more requests. */
  #end: Unavailable | undefined;

  constructor(
    member: Member,
    options: MemberConnectionOptions,
    onOpen: (upstream: Upstream) => Promise<void> = () => Promise.resolve(),
    parked?: ParkedConnection,
  ) {
    this.member = member;
    const { idleMs, idleAfterCallMs, parkMs = PARK_MS } = options;
    this.#options = { idleMs, idleAfterCallMs, parkMs };
    this.#onOpen = onOpen;
    if (parked === undefined) return;
    this.#parked = parked.upstream;
    this.#hasCalled = true;
    this.#isWatched = parked.isWatched;
    this.#idleSince = parked.idleSince;
    this.#waitForIdleness();
  }

  /** The conversation, where there is one now; a parked one goes on. */
  get current(): Upstream | undefined {
    if (this.#end !== undefined) return undefined;
    this.#resume();
    return this.#current;
  }

  /** Keeps the open conversation until `release`. */
  hold(): void {
    this.#users++;
  }

  get isInUse(): boolean {
    return this.#users > 0 || (this.#current?.waiting ?? 0) > 0;
  }

  /** There is a conversation, or one is being opened. */
  get isOpen(): boolean {
    return this.#opened !== undefined || this.#parked !== undefined;
  }

  /** The client that it is for has ended it, or may use the server no longer. */
  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** A tool was called: the server may hold something for the client. */
  noteCall(): void {
    this.#hasCalled = true;
  }

  /** The client watches something there: the conversation is not closed for being idle. */
  set isWatched(is: boolean) {
    if (this.#isWatched === is) return;
    this.#isWatched = is;
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#becomeIdle();
  }

  /** Gives the open conversation, which stays open until `release`. @throws what opening it throws */
  async acquire(): Promise<Upstream> {
    if (this.#end !== undefined) throw this.#end;
    this.#users++;
    try {
      this.#resume();
      return await (this.#opened ??= this.#open());
    } catch (error) {
      this.release();
      throw this.#end ?? error;
    }
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#idleSince = performance.now();
    this.#becomeIdle();
  }

  async use<T>(work: (upstream: Upstream) => Promise<T>): Promise<T> {
    const upstream = await this.acquire();
    try {
      return await work(upstream);
    } finally {
      this.release();
    }
  }

  /** Nobody uses it, and what it holds for its client can be parked. */
  get canBeParked(): boolean {
    if (this.isInUse) return false;
    return this.#opened === undefined || (this.#mayHoldState && this.#current?.park !== undefined);
  }

  /** Lets go of all but the session at the server, from which another one goes on; undefined where there is none. */
  park(): ParkedConnection | undefined {
    this.#end ??= upstreamClosed(this.member);
    clearTimeout(this.#idle);
    this.#parkCurrent();
    const upstream = this.#parked;
    this.#parked = undefined;
    const { server, listsKey } = this.member;
    return upstream && { server, listsKey, upstream, idleSince: this.#idleSince, isWatched: this.#isWatched };
  }

  /** Ends what is under way, and takes no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end ??= upstreamClosed(this.member);
    await this.#close();
  }

  get #mayHoldState(): boolean {
    return this.#hasCalled || this.#isWatched;
  }

  /** When it is closed, in milliseconds of idleness. */
  get #closeMs(): number {
    if (this.#isWatched) return Infinity;
    return this.#hasCalled ? this.#options.idleAfterCallMs : this.#options.idleMs;
  }

  #becomeIdle(): void {
    if (this.#users === 0 && this.isOpen && this.#end === undefined) this.#waitForIdleness();
  }

  /** One timer for as long as it is open: to set one after each call would cost each call. */
  #waitForIdleness(): void {
    const isParkedFirst = this.#parked === undefined && this.#mayHoldState && this.#current?.park !== undefined;
    const nextMs = isParkedFirst ? Math.min(this.#options.parkMs, this.#closeMs) : this.#closeMs;
    if (this.#idle !== undefined || nextMs === Infinity) return;
    const left = Math.max(0, nextMs - (performance.now() - this.#idleSince));
    this.#idle = setTimeout(() => {
      this.#idle = undefined;
      // The next one to release it waits anew.
      if (this.#users > 0) return;
      if (this.isInUse) {
        this.#idleSince = performance.now();
        this.#waitForIdleness();
        return;
      }
      const idleMs = performance.now() - this.#idleSince;
      if (idleMs >= this.#closeMs) {
        void this.#close();
        return;
      }
      if (this.#mayHoldState && idleMs >= this.#options.parkMs) this.#parkCurrent();
      this.#waitForIdleness();
    }, left);
    this.#idle.unref();
  }

  #parkCurrent(): void {
    const parked = this.#current?.park?.();
    if (parked === undefined) return;
    this.#parked = parked;
    this.#opened = undefined;
    this.#current = undefined;
  }

  #resume(): void {
    const parked = this.#parked;
    if (parked === undefined) return;
    const upstream = parked.resume();
    this.#parked = undefined;
    this.#current = upstream;
    this.#opened = Promise.resolve(upstream);
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
    const opened = this.#opened ?? this.#parked;
    this.#opened = undefined;
    this.#current = undefined;
    this.#parked = undefined;
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
