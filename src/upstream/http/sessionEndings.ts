import { SIDE_TIMEOUTS } from '../requestBounds.ts';
import { endSession, type LegacyHandshake } from './initialize.ts';
import type { HttpTarget } from './target.ts';

/** Sessions that are ended at one server at once: each takes a connection, and thousands may end together. */
const AT_ONCE = 64;

/** A server that hangs is not sent any for so long, in milliseconds: the others would wait for it in vain. */
const REST_MS = 10_000;

/** Ends sessions at one server, some at once. Best effort: a server expires what it is not told of. */
export class SessionEndings {
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #restsUntil = -Infinity;

  async end(target: HttpTarget, session: LegacyHandshake): Promise<void> {
    if (session.sessionId === undefined) return;
    if (this.#underWay >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#underWay++;
    try {
      const since = performance.now();
      if (since < this.#restsUntil) return;
      await endSession(target, session);
      const now = performance.now();
      if (now - since >= SIDE_TIMEOUTS.idleMs) this.#restsUntil = now + REST_MS;
    } finally {
      this.#underWay--;
      this.#waiting.shift()?.();
    }
  }
}
