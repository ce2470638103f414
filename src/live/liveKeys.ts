import type { Logger } from '../logging/logger.ts';
import type { Queryable } from '../postgres/database.ts';
import { findKey } from '../projections/tables/apiKeys.ts';
import type { Invalidations } from './invalidations.ts';
import type { Vault } from '../vault/vault.ts';
import { openCredentials } from './openCredentials.ts';
import { createMemory, type ChangeListener } from './memory.ts';
import { liveKeyOf, type LiveKey } from './liveKey.ts';

/** The API keys of this process's memory. */
export interface LiveKeys extends Disposable {
  /** Answers synchronously when memory knows it; the same object for as long as the key is the same. @throws Unavailable */
  find(id: string): LiveKey | undefined | Promise<LiveKey | undefined>;
  /** Reads a key again at every change of it; listeners are called when it is another one than `key`. Returns what ends that. */
  hold(id: string, key: LiveKey): () => void;
  /**
   * Adds a listener for keys that changed or went away (then undefined); returns the function that removes it. A replica
   * confirms a change only after its listeners have returned.
   */
  onChange(listener: ChangeListener<string, LiveKey>): () => void;
}

export interface LiveKeysOptions {
  readonly db: Queryable;
  readonly vault: Pick<Vault, 'open'>;
  readonly logger: Logger;
  readonly invalidations: Pick<Invalidations, 'trusted' | 'onInvalidation'>;
  /** Keys kept in memory; one that is held is read beyond that. (Default: 10_000) */
  readonly capacity?: number;
  /** Of keys without limits of their own. (Default: none) */
  readonly standardLimits?: readonly string[];
}

/** Makes the memory of keys. docs/architecture.md, Read path. */
export function createLiveKeys(options: LiveKeysOptions): LiveKeys {
  const { db, vault, logger, invalidations, capacity = 10_000, standardLimits } = options;
  const memory = createMemory<string, LiveKey>({
    invalidations,
    capacity,
    select: ({ keys, roles = [] }, known) => (roles.length === 0 ? keys : [...keys, ...keysWith(roles, known())]),
    // Whatever changes a key is an event, and so another revision; but its roles may change, and what is known of its history.
    same: (before, after) =>
      before.revision === after.revision && before.active === after.active && before.rolesAsOf === after.rolesAsOf,
    async load(id) {
      const row = await findKey(db, id);
      return row === undefined ? undefined : liveKeyOf(row, await openCredentials(vault, row, logger), standardLimits);
    },
  });

  return {
    find: (id) => memory.get(id),
    hold: (id, key) => memory.hold(id, key),
    onChange: (listener) => memory.onChange(listener),
    [Symbol.dispose]() {
      memory[Symbol.dispose]();
    },
  };
}

/** Finds the keys that have one of some roles; one that is just being read may have any. */
function* keysWith(
  roles: readonly string[],
  known: Iterable<readonly [string, LiveKey | undefined]>,
): Generator<string> {
  for (const [id, key] of known) if (key === undefined || roles.some((role) => key.roles.includes(role))) yield id;
}
