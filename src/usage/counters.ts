import type { CallEvent } from '../calls/callEvent.ts';
import type { Clock } from '../clock.ts';
import { errorKindOf, failureCode, type ErrorKind } from './errorKind.ts';
import { LATENCY_BUCKETS, latencyBucket } from './histogram.ts';

const HOUR_MS = 3_600_000;
const SLOT_MS = 5 * 60_000;
export const SLOTS = HOUR_MS / SLOT_MS;

/** MCP tool names have at most 128 characters (2025-11-25, server/tools). */
const MAX_NAME_LENGTH = 128;

/** The name for all names beyond the bounds: clients choose names, and must not fill memory or the table with them. */
export const OTHER = '(other)';

/** What is added to one row of `key_usage`. */
export interface UsageIncrement {
  readonly keyId: string;
  readonly server: string;
  readonly method: string;
  /** '' for other methods than `tools/call`. */
  readonly tool: string;
  readonly hour: string;
  readonly calls: number;
  readonly errors: Readonly<Record<ErrorKind, number>>;
  /** Failed calls, by the code of what ended them. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly slots: readonly number[];
  readonly latency: readonly number[];
  readonly lastUsedAt: string;
}

export interface CountersOptions {
  readonly clock: Clock;
  /** Counters kept at once. (Default: 20_000, some 15 MB) */
  readonly capacity?: number;
  /** Names of tools and methods that one key has counters for, with one server in one hour. (Default: 500) */
  readonly namesPerServer?: number;
}

/** Counters of calls in memory, per key, server, method, tool and hour. */
export interface Counters {
  /** Counters that have counted something since the last `take`. */
  readonly dirty: number;
  /** Calls that were not counted because there were too many counters. */
  readonly lost: number;
  /** Counts a call that has just ended. Synchronous; allocates nothing when its counter exists. */
  count(event: CallEvent): void;
  /** Takes what was counted since the last call, and starts at 0 again. */
  take(): UsageIncrement[];
}

/** Counters by the name of a tool or a method. */
type Names = Map<string, Counter>;

/** The counters of one key at one server. A method and a tool may have the same name. */
interface ServerCounters {
  readonly tools: Names;
  readonly methods: Names;
}

/** Makes empty counters. */
export function createCounters(options: CountersOptions): Counters {
  const { clock, capacity = 20_000, namesPerServer = 500 } = options;
  // Nested, because a composed key would be a new string for each call.
  let byKey = new Map<string, Map<string, ServerCounters>>();
  let hourStartMs = -Infinity;
  /** The counters of this hour. */
  let live = new Set<Counter>();
  /** Those of past hours, not taken yet. */
  let past: Counter[] = [];
  let dirty = 0;
  let lost = 0;

  function startHour(nowMs: number): void {
    past.push(...[...live].filter(({ calls }) => calls > 0));
    live = new Set();
    byKey = new Map();
    hourStartMs = nowMs - (nowMs % HOUR_MS);
  }

  function countersAt({ keyId, server }: CallEvent): ServerCounters {
    let byServer = byKey.get(keyId);
    if (byServer === undefined) byKey.set(keyId, (byServer = new Map<string, ServerCounters>()));
    let found = byServer.get(server);
    if (found === undefined) byServer.set(server, (found = { tools: new Map(), methods: new Map() }));
    return found;
  }

  /** Makes a counter for a new name, or finds the one of OTHER. @returns undefined when there are too many */
  function makeCounter(names: Names, requested: string, event: CallEvent): Counter | undefined {
    const isGood = names.size < namesPerServer && requested.length <= MAX_NAME_LENGTH && isStorable(requested);
    const name = isGood ? requested : OTHER;
    const known = names.get(name);
    if (known !== undefined) return known;
    if (live.size + past.length >= capacity) forgetUnused();
    if (live.size + past.length >= capacity) return undefined;
    const { keyId, server } = event;
    const isTool = event.tool !== undefined;
    const counter = new Counter({
      keyId,
      server,
      method: isTool ? event.method : name,
      tool: isTool ? name : '',
      hourStartMs,
      name,
      names,
    });
    names.set(name, counter);
    live.add(counter);
    return counter;
  }

  /** Forgets the counters that were not used since they were taken. */
  function forgetUnused(): void {
    if (live.size + past.length === dirty) return;
    for (const counter of live) {
      if (counter.calls > 0) continue;
      const { names, name, keyId, server } = counter.of;
      live.delete(counter);
      names.delete(name);
      const byServer = byKey.get(keyId);
      const { tools, methods } = byServer?.get(server) ?? { tools: names, methods: names };
      if (tools.size + methods.size > 0) continue;
      byServer?.delete(server);
      if (byServer?.size === 0) byKey.delete(keyId);
    }
  }

  return {
    get dirty() {
      return dirty;
    },
    get lost() {
      return lost;
    },
    count(event) {
      const nowMs = clock();
      if (nowMs < hourStartMs || nowMs >= hourStartMs + HOUR_MS) startHour(nowMs);
      const { tools, methods } = countersAt(event);
      const names = event.tool === undefined ? methods : tools;
      const name = event.tool ?? event.method;
      const counter = names.get(name) ?? makeCounter(names, name, event);
      if (counter === undefined) {
        lost += 1;
        return;
      }
      if (counter.calls === 0) dirty += 1;
      counter.count(event, nowMs);
    },
    take() {
      forgetUnused();
      const taken = [...past, ...live].map((counter) => counter.read());
      for (const counter of live) counter.reset();
      past = [];
      dirty = 0;
      return taken;
    },
  };
}

/** PostgreSQL's text and jsonb hold neither NUL nor half a surrogate pair, and no control character belongs into a name. */
function isStorable(name: string): boolean {
  return name.isWellFormed() && !/\p{Cc}/u.test(name);
}

interface CounterOf {
  readonly keyId: string;
  readonly server: string;
  readonly method: string;
  readonly tool: string;
  readonly hourStartMs: number;
  /** Its place in the map, to be removed from there. */
  readonly name: string;
  readonly names: Names;
}

class Counter {
  readonly of: CounterOf;
  calls = 0;
  #client = 0;
  #timeout = 0;
  #upstream = 0;
  #cut = 0;
  #answer = 0;
  #refused = 0;
  /** Undefined until a call fails. */
  #outcomes: Map<string, number> | undefined;
  #bytesIn = 0;
  #bytesOut = 0;
  #lastUsedAtMs = 0;
  readonly #slots = new Uint32Array(SLOTS);
  readonly #latency = new Uint32Array(LATENCY_BUCKETS);

  constructor(of: CounterOf) {
    this.of = of;
  }

  count(event: CallEvent, nowMs: number): void {
    this.calls += 1;
    this.#bytesIn += event.bytesIn;
    this.#bytesOut += event.bytesOut;
    this.#lastUsedAtMs = nowMs;
    const slot = Math.floor((nowMs - this.of.hourStartMs) / SLOT_MS);
    this.#slots[slot] = (this.#slots[slot] ?? 0) + 1;
    // The duration of a standing stream is no latency, nor is that of a call without its server.
    if (!event.standing && !event.answeredHere) {
      const bucket = latencyBucket(event.durationMs);
      this.#latency[bucket] = (this.#latency[bucket] ?? 0) + 1;
    }
    const kind = errorKindOf(event);
    if (kind === undefined) return;
    this.#fail(kind);
    const code = failureCode(event);
    this.#outcomes ??= new Map();
    this.#outcomes.set(code, (this.#outcomes.get(code) ?? 0) + 1);
  }

  #fail(kind: ErrorKind): void {
    switch (kind) {
      case 'client':
        this.#client += 1;
        break;
      case 'timeout':
        this.#timeout += 1;
        break;
      case 'upstream':
        this.#upstream += 1;
        break;
      case 'cut':
        this.#cut += 1;
        break;
      case 'answer':
        this.#answer += 1;
        break;
      case 'refused':
        this.#refused += 1;
        break;
    }
  }

  read(): UsageIncrement {
    const { keyId, server, method, tool, hourStartMs } = this.of;
    return {
      keyId,
      server,
      method,
      tool,
      hour: new Date(hourStartMs).toISOString(),
      calls: this.calls,
      errors: {
        client: this.#client,
        timeout: this.#timeout,
        upstream: this.#upstream,
        cut: this.#cut,
        answer: this.#answer,
        refused: this.#refused,
      },
      outcomes: Object.fromEntries(this.#outcomes ?? []),
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      slots: [...this.#slots],
      latency: [...this.#latency],
      lastUsedAt: new Date(this.#lastUsedAtMs).toISOString(),
    };
  }

  reset(): void {
    this.calls = this.#bytesIn = this.#bytesOut = 0;
    this.#client = this.#timeout = this.#upstream = this.#cut = this.#answer = this.#refused = 0;
    this.#outcomes = undefined;
    this.#slots.fill(0);
    this.#latency.fill(0);
  }
}
