import { LOG_LEVELS, type LogLevel } from '../../mcp/logLevels.ts';
import { isJsonObject } from '../../mcp/jsonRpc.ts';
import { SIDE_TIMEOUTS } from '../requestBounds.ts';
import type { Upstream } from '../upstream.ts';

/**
 * The level of log messages that a legacy server knows for its session (MCP 2025-11-25, server/utilities/logging): the most
 * talkative one of the requests under way. It is set when a request begins, and not when one ends: what nobody wants is dropped.
 */
export class SessionLevel {
  readonly #upstream: Upstream;
  readonly #wanted = new Map<LogLevel, number>();
  #set: LogLevel | undefined;
  #setting: Promise<void> = Promise.resolve();

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  /** A request begins; it is to be sent once this has settled. Disposing of the value ends it. */
  enter(level: LogLevel | undefined): Disposable | Promise<Disposable> {
    if (level === undefined || !isJsonObject(this.#upstream.facts.capabilities['logging'])) return NOTHING;
    this.#count(level, 1);
    const most = LOG_LEVELS.find((one) => this.#wanted.has(one)) ?? level;
    if (this.#set !== most) {
      this.#set = most;
      this.#setting = this.#setting.then(() => this.#setLevel(most));
    }
    return this.#setting.then(() => ({ [Symbol.dispose]: () => this.#count(level, -1) }));
  }

  #count(level: LogLevel, by: 1 | -1): void {
    const count = (this.#wanted.get(level) ?? 0) + by;
    if (count === 0) this.#wanted.delete(level);
    else this.#wanted.set(level, count);
  }

  /** A server that refuses, or is slow, is asked all the same. */
  async #setLevel(level: LogLevel): Promise<void> {
    const signal = AbortSignal.timeout(SIDE_TIMEOUTS.totalMs);
    try {
      for await (const _message of this.#upstream.ask({ method: 'logging/setLevel', params: { level } }, { signal }));
    } catch {
      // One that is slow is not waited for again.
      if (!signal.aborted && this.#set === level) this.#set = undefined;
    }
  }
}

const NOTHING: Disposable = { [Symbol.dispose]: () => undefined };
