import { setTimeout as delay } from 'node:timers/promises';
import type { ExpiringKeys } from '../projections/tables/expiringKeys.ts';

/** What is asked of the stores. Each may reject, or take long: what is not known then has no series. */
export interface StoreSources {
  /** Resolves within a bounded time. */
  readonly check: () => Promise<{
    readonly ready: { readonly calls: boolean; readonly changes: boolean };
    readonly parts: Readonly<Record<string, { readonly status: 'up' | 'down' }>>;
  }>;
  /** How far each projection is behind, in milliseconds. */
  readonly readLag: (signal: AbortSignal) => Promise<ReadonlyMap<string, number>>;
  readonly countExpiringKeys: () => Promise<ExpiringKeys>;
  /** The names of all servers, at once where memory knows them. */
  readonly names: () => readonly string[] | Promise<readonly string[]>;
}

/** What was found. */
export interface StoreFindings {
  readonly health?: Awaited<ReturnType<StoreSources['check']>> | undefined;
  readonly lag?: ReadonlyMap<string, number> | undefined;
  readonly expiring?: ExpiringKeys | undefined;
}

/** How long a scrape waits for a store, in milliseconds: the check of /health takes 2 s where a part does not answer. Prometheus gives up after 10 s by default. */
const PATIENCE_MS = 3_000;

/** What was found so long ago, in milliseconds, is shown again: who scrapes faster asks the stores no more often. */
const FRESH_MS = 2_000;

/** Asks the stores, at most once at a time, and keeps what they have answered last. */
export class StoreSample {
  readonly #sources: StoreSources;
  #findings: StoreFindings = {};
  #names: ReadonlySet<string> | undefined;
  #listed: readonly string[] | undefined;
  #takenAt = -Infinity;

  constructor(sources: StoreSources) {
    this.#sources = sources;
  }

  /** Asks them where what is known is too old. Never rejects, and resolves within a bounded time. */
  async refresh(): Promise<void> {
    const isFresh = performance.now() - this.#takenAt < FRESH_MS;
    const taking = isFresh ? undefined : this.#take();
    // Those are in memory, unless nobody knows whether memory is true.
    const names = await inTime(async () => this.#sources.names());
    if (names !== undefined) this.#list(names);
    await taking;
  }

  get findings(): StoreFindings {
    return this.#findings;
  }

  /** The servers that there are; while the tables can't be read, those that there were. Undefined: not known yet. */
  get names(): ReadonlySet<string> | undefined {
    return this.#names;
  }

  #list(names: readonly string[]): void {
    if (names === this.#listed) return;
    this.#listed = names;
    this.#names = new Set(names);
  }

  async #take(): Promise<void> {
    const { check, readLag, countExpiringKeys } = this.#sources;
    const [health, lag, expiring] = await Promise.all([
      inTime(check),
      inTime(() => readLag(AbortSignal.timeout(PATIENCE_MS))),
      inTime(countExpiringKeys),
    ]);
    this.#findings = { health, lag, expiring };
    this.#takenAt = performance.now();
  }
}

/** Waits for an answer, for a while; undefined: there is none. Never rejects. */
async function inTime<T>(ask: () => Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: over.signal });
  try {
    return await Promise.race([ask(), late]);
  } catch {
    return undefined;
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}
