import type { Clock } from '../clock.ts';
import { AppError, Unavailable } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Queryable } from '../postgres/database.ts';
import { findKey } from '../projections/apiKeys.ts';
import type { ChangeFeed } from '../projections/changeFeed.ts';
import { createMemory } from '../projections/memory.ts';
import { keyRevoked, liveKeyOf, type LiveKey } from './liveKey.ts';
import { createOpenExchanges } from './openExchanges.ts';
import type { Exchange } from './principal.ts';

/** The API keys of this process's memory, and what they have open. */
export interface LiveKeys extends Disposable {
  /** Answers synchronously when memory knows it; the same object for as long as the key is the same. @throws Unavailable */
  find(id: string): LiveKey | undefined | Promise<LiveKey | undefined>;
  /**
   * Registers an exchange, cut as soon as the key is no longer good for it. The change feed confirms a revocation only
   * after its cuts.
   * @throws Unauthorized `key-revoked`, `key-expired` or `key-access-changed`
   */
  attach(key: LiveKey, exchange: Exchange): void;
  detach(key: LiveKey, exchange: Exchange): void;
}

export interface LiveKeysOptions {
  readonly db: Queryable;
  readonly feed: Pick<ChangeFeed, 'trusted' | 'onChange'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keys kept in memory; one with something open is watched beyond that. (Default: 10_000) */
  readonly capacity?: number;
}

/** Makes the memory of keys. DESIGN 5, in-memory verdicts; DESIGN 6, revocation. */
export function createLiveKeys({ db, feed, clock, logger, capacity = 10_000 }: LiveKeysOptions): LiveKeys {
  const open = createOpenExchanges({
    clock,
    hold: (keyId) => memory.hold(keyId),
    onCutError: (error) => {
      logger.error({ err: error }, 'an exchange of a revoked key could not be cut');
    },
  });

  const memory = createMemory<string, LiveKey>({
    feed,
    capacity,
    select: ({ keys }) => keys,
    // Whatever changes a key is an event, and so another revision; but what is known of its history may change, too.
    same: (before, after) => before.revision === after.revision && before.active === after.active,
    async load(id) {
      const row = await findKey(db, id);
      const key = row === undefined ? undefined : liveKeyOf(row);
      // Here, and not when memory takes it in: so no read of the table, whoever asked for it, goes without its cuts.
      open.judge(id, key);
      return key;
    },
  });

  return {
    find: (id) => memory.get(id),
    attach(key, exchange) {
      const now = memory.get(key.id);
      if (!(now instanceof Promise)) {
        if (now === undefined) throw keyRevoked();
        open.attach(now, exchange);
        return;
      }
      // The key is being read again: what was true when it was authenticated counts until that read judges it.
      try {
        open.attach(key, exchange);
      } finally {
        now.catch((error: unknown) => {
          open.cut(key.id, exchange, asAppError(error));
        });
      }
    },
    detach(key, exchange) {
      open.detach(key.id, exchange);
    },
    [Symbol.dispose]() {
      memory[Symbol.dispose]();
      open[Symbol.dispose]();
    },
  };
}

function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new Unavailable('key-unreadable', 'The API key can’t be read right now.', { cause: error });
}
