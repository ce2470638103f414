import type { Clock } from '../clock.ts';
import { Unauthorized, type AppError } from '../errors.ts';
import type { ToolGrant } from './grants.ts';
import { createDeadlines, type DeadlinesOptions } from './deadlines.ts';
import { goodUntilMs, keyExpired, keyRevoked, type LiveKey } from './liveKey.ts';
import type { Exchange } from './principal.ts';

/** The calls and streams that keys have open, held to what each key may do now. DESIGN 6, revocation. */
export interface OpenExchanges extends Disposable {
  /** @throws Unauthorized `key-revoked`, `key-expired` or `key-access-changed` when the key is not good for it */
  attach(key: LiveKey, exchange: Exchange): void;
  detach(keyId: string, exchange: Exchange): void;
  /** Cuts what a key's newest state no longer allows; undefined: the key is gone. */
  judge(keyId: string, key: LiveKey | undefined): void;
  /** Cuts one exchange for a reason of its own, unless it is detached already. */
  cut(keyId: string, exchange: Exchange, reason: AppError): void;
}

export interface OpenExchangesOptions {
  readonly clock: Clock;
  /** Called when a key opens its first exchange; returns what to call when its last one ends. */
  readonly hold: (keyId: string) => () => void;
  /** Told when a cut throws: one bad exchange must not save the others. */
  readonly onCutError: (error: unknown) => void;
  /** See Deadlines. */
  readonly startTimer?: DeadlinesOptions['startTimer'];
}

/** What one key has open: kept only while that is something. */
interface Holding {
  /** With the grant for its server that each began with. */
  readonly exchanges: Map<Exchange, ToolGrant | undefined>;
  readonly release: () => void;
  /** As last judged. */
  key: LiveKey;
}

/** Makes the register of open exchanges. */
export function createOpenExchanges(options: OpenExchangesOptions): OpenExchanges {
  const { clock, hold, onCutError, startTimer } = options;
  const holdings = new Map<string, Holding>();
  const deadlines = createDeadlines({
    clock,
    startTimer,
    onDue(keyId) {
      const key = holdings.get(keyId)?.key;
      if (key !== undefined) judge(keyId, key);
    },
  });

  function holdingOf(key: LiveKey): Holding {
    const known = holdings.get(key.id);
    if (known !== undefined) return known;
    const holding = { exchanges: new Map<Exchange, ToolGrant | undefined>(), release: hold(key.id), key };
    holdings.set(key.id, holding);
    setDeadline(key);
    return holding;
  }

  function setDeadline(key: LiveKey): void {
    const due = goodUntilMs(key);
    deadlines.set(key.id, due === Infinity ? undefined : due);
  }

  /** @returns false when it was not attached */
  function detach(keyId: string, exchange: Exchange): boolean {
    const holding = holdings.get(keyId);
    if (holding?.exchanges.delete(exchange) !== true) return false;
    if (holding.exchanges.size === 0) {
      holdings.delete(keyId);
      deadlines.set(keyId, undefined);
      holding.release();
    }
    return true;
  }

  function cut(keyId: string, exchange: Exchange, reason: AppError): void {
    // Detached first: a cut ends in `detach`, and must never come twice.
    if (!detach(keyId, exchange)) return;
    try {
      exchange.cut(reason);
    } catch (error) {
      onCutError(error);
    }
  }

  function judge(keyId: string, key: LiveKey | undefined): void {
    const holding = holdings.get(keyId);
    if (holding === undefined) return;
    if (key !== undefined) {
      holding.key = key;
      setDeadline(key);
    }
    const now = clock();
    for (const [exchange, begunWith] of holding.exchanges) {
      const reason = whyNotAllowed(key, exchange, now, begunWith);
      if (reason !== undefined) cut(keyId, exchange, reason);
    }
  }

  return {
    attach(key, exchange) {
      const reason = whyNotAllowed(key, exchange, clock());
      if (reason !== undefined) throw reason;
      const { server } = exchange;
      holdingOf(key).exchanges.set(exchange, server === undefined ? undefined : key.grants.forServer(server));
    },
    detach,
    judge,
    cut,
    [Symbol.dispose]() {
      deadlines[Symbol.dispose]();
    },
  };
}

function whyNotAllowed(
  key: LiveKey | undefined,
  exchange: Exchange,
  nowMs: number,
  begunWith?: ToolGrant,
): Unauthorized | undefined {
  if (key === undefined || !key.active || key.validUntilMs <= nowMs) return keyRevoked();
  if (key.expiresAtMs <= nowMs) return keyExpired();
  if (exchange.server === undefined) return exchange.allows?.(key) === false ? accessChanged() : undefined;
  const grant = key.scopes.has('mcp') ? key.grants.forServer(exchange.server) : undefined;
  if (grant === 'all') return undefined;
  // What began with the whole server passes on more than its tools, unfiltered.
  const mayGoOn = exchange.tool === undefined ? begunWith !== 'all' : grant?.(exchange.tool) === true;
  if (grant !== undefined && mayGoOn) return undefined;
  return accessChanged();
}

function accessChanged(): Unauthorized {
  return new Unauthorized('key-access-changed', 'The API key may no longer use this. Repeat the request.');
}
