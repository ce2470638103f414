import type { Clock } from '../../clock.ts';
import { Limited } from '../../errors/appError.ts';
import { sessionLost, upstreamClosed, type ServerLabel } from '../../mcp/failures.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { canonicalForeign } from '../../mcp/canonicalItem.ts';
import type { Upstream } from '../upstream.ts';
import { LegacySession } from './legacySession.ts';

export interface LegacySessionsOptions {
  readonly label: ServerLabel;
  readonly open: (capabilities: JsonObject, signal: AbortSignal) => Promise<Upstream>;
  /** For clients that declare nothing. It stays. */
  readonly first: Upstream;
  readonly clock: Clock;
  /** At once. */
  readonly maxSessions: number;
  /** Others than the first end when nobody has used them for so long, in milliseconds. */
  readonly idleMs: number;
}

/** A use of a session, which stays meanwhile. Disposing ends the use, once. */
export interface SessionUse extends Disposable {
  readonly session: LegacySession;
  /** Begins another use of the same session. */
  again(): SessionUse;
}

interface Entry {
  readonly opened: Promise<LegacySession>;
  /** Once it is open. */
  session: LegacySession | undefined;
  users: number;
  usedAt: number;
}

/** The sessions at one server, by what the clients declare that they are for: a legacy server asks once, at the beginning. */
export class LegacySessions implements AsyncDisposable {
  readonly first: LegacySession;
  readonly #options: LegacySessionsOptions;
  readonly #closing = new AbortController();
  /** By the capabilities in their canonical form. */
  readonly #entries = new Map<string, Entry>();
  /** Those that end. */
  readonly #ending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LegacySessionsOptions) {
    this.#options = options;
    this.first = new LegacySession(options.first);
    const { first } = this;
    const entry = { opened: Promise.resolve(first), session: first, users: 1, usedAt: options.clock() };
    this.#entries.set(canonicalForeign({}), entry);
  }

  /** Sessions that are open, or about to be. */
  get size(): number {
    return this.#entries.size;
  }

  /** Gives the session for what a client declares, in the legacy shape. @throws what opening it throws; Limited; the signal's reason */
  use(capabilities: JsonObject, signal: AbortSignal | undefined): SessionUse | Promise<SessionUse> {
    signal?.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    const key = canonicalForeign(capabilities);
    const entry = this.#entries.get(key) ?? this.#open(key, capabilities);
    return entry.session === undefined ? this.#useOpening(entry, signal) : this.#useOf(entry, entry.session);
  }

  async #useOpening(entry: Entry, signal: AbortSignal | undefined): Promise<SessionUse> {
    // Nobody ends it while it is waited for.
    entry.users++;
    try {
      return this.#useOf(entry, await untilAborted(entry.opened, signal));
    } finally {
      this.#leave(entry);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = upstreamClosed(this.#options.label);
    this.#closing.abort(closed);
    clearTimeout(this.#timer);
    for (const entry of this.#entries.values()) this.#end(entry, closed);
    this.#entries.clear();
    await Promise.all(this.#ending);
  }

  #useOf(entry: Entry, session: LegacySession): SessionUse {
    entry.users++;
    let isOver = false;
    return {
      session,
      again: () => this.#useOf(entry, session),
      [Symbol.dispose]: () => {
        if (!isOver) this.#leave(entry);
        isOver = true;
      },
    };
  }

  #leave(entry: Entry): void {
    entry.users--;
    entry.usedAt = this.#options.clock();
    this.#watchIdleness();
  }

  #open(key: string, capabilities: JsonObject): Entry {
    const { open, clock, maxSessions } = this.#options;
    if (this.#entries.size >= maxSessions) this.#makeRoom();
    const opened = open(capabilities, this.#closing.signal).then((upstream) => this.#sessionOf(upstream));
    const entry: Entry = { opened, session: undefined, users: 0, usedAt: clock() };
    this.#entries.set(key, entry);
    opened.then(
      (session) => (entry.session = session),
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry;
  }

  /** A server that has become a modern one is spoken with by who opens it anew. @throws Unavailable */
  async #sessionOf(upstream: Upstream): Promise<LegacySession> {
    if (upstream.facts.era === 'legacy') return new LegacySession(upstream);
    await upstream[Symbol.asyncDispose]();
    throw sessionLost(this.#options.label);
  }

  /** Ends the session that was left first. @throws Limited when all are in use */
  #makeRoom(): void {
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    const [oldest] = idle.sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (oldest === undefined) {
      throw new Limited(
        'too-many-client-kinds',
        `Clients of ${this.#options.maxSessions} kinds, by the capabilities that they declare, use the server "${this.#options.label.server}" with this key now. Declare what others of them declare, or try again later.`,
      );
    }
    this.#drop(oldest);
  }

  #watchIdleness(): void {
    if (this.#timer !== undefined || this.#closing.signal.aborted) return;
    if (![...this.#entries.values()].some(({ users }) => users === 0)) return;
    const { idleMs, clock } = this.#options;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const each of [...this.#entries]) {
        if (each[1].users === 0 && clock() - each[1].usedAt >= idleMs) this.#drop(each);
      }
      this.#watchIdleness();
    }, idleMs);
    this.#timer.unref();
  }

  #drop([key, entry]: readonly [string, Entry]): void {
    this.#entries.delete(key);
    this.#end(entry, upstreamClosed(this.#options.label));
  }

  #end({ opened }: Entry, reason: Error): void {
    const ended = opened
      .then(async (session) => {
        session.side.end(reason);
        await session[Symbol.asyncDispose]();
      })
      // It never opened, or the server does not let go of its session: both are over for us.
      .catch(() => undefined)
      .finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
