import { systemClock } from '../../../src/clock.ts';
import { Refused } from '../../../src/errors/appError.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import { isNarrow, narrows, type KeyFilter } from '../../../src/projections/tables/keyFilter.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { KeyFilterOptions } from '../../input/keyFilterOptions.ts';
import { misuse } from '../../input/misuse.ts';
import { keyFilterOf } from '../../stores/keyFilter.ts';
import { keyPages } from '../../stores/pages.ts';
import { resolveKey } from '../../stores/resolveKey.ts';

/** Keys that one command changes at most: the plan of all of them is in memory. */
const MAX_KEYS = 10_000;

export interface WhichKeys extends KeyFilterOptions {
  /** All but those that the change has nothing to do with. */
  readonly all?: boolean;
  /** So many keys are to be meant. */
  readonly expect?: number;
}

/** Tells whether a command line means one key, which is named, or several. @throws Invalid `usage` when it means none, or both */
export function meansOne(typed: readonly string[], options: WhichKeys): boolean {
  const { tag, owner, status, name, grant, role, unusedSince, expiresBefore, all = false } = options;
  const filters = [tag, owner, status, name, grant, role, unusedSince, expiresBefore];
  const isFiltered = filters.some((each) => each !== undefined);
  if (isFiltered && all) throw misuse('--all and options that say which keys are meant exclude each other.');
  if (typed.length > 0 && (isFiltered || all)) {
    throw misuse('Either the keys themselves, or options that say which keys are meant.');
  }
  if (typed.length === 0 && !isFiltered && !all) {
    throw misuse('Say which key: its name or id, or --tag, --owner and the like for several.');
  }
  const isOne = typed.length === 1;
  if (isOne && (options.expect ?? 1) !== 1) throw misuse('A key that is named is one: --expect is for several.');
  return isOne;
}

/** The keys that a command line means. */
export interface MeantKeys {
  readonly keys: readonly ApiKeyRow[];
  /** They may be nearly all that there are: so many are changed only by who knows their number. */
  readonly isBroad: boolean;
}

/** Finds the keys that are meant, the oldest first, or as they were typed. @throws as resolveKey; Refused `too-many-keys` */
export async function keysMeant(
  { db }: Pick<Stores, 'db'>,
  settings: Settings,
  typed: readonly string[],
  { all = false, ...options }: WhichKeys,
  without: KeyFilter['without'],
): Promise<MeantKeys> {
  let isBroad = false;
  const keys = new Map<string, ApiKeyRow>();
  for (const each of typed) {
    const key = await resolveKey(db, each);
    keys.set(key.id, key);
  }
  if (typed.length === 0) {
    const filter = keyFilterOf(options, settings, systemClock());
    if (!all && !narrows(filter))
      throw misuse('Say which keys are meant: an option without a value means all of them.');
    isBroad = all || !isNarrow(filter);
    for await (const page of keyPages(db, { without, ...filter })) {
      for (const key of page) keys.set(key.id, key);
      if (keys.size > MAX_KEYS) break;
    }
  }
  if (keys.size <= MAX_KEYS) return { keys: [...keys.values()], isBroad };
  throw new Refused(
    'too-many-keys',
    `More than ${MAX_KEYS.toLocaleString('en')} keys are meant. Narrow them: --tag, --owner, --name, --status.`,
  );
}
