import { API_KEY_PREFIX, idsOfBeginning } from '../../src/auth/keyText.ts';
import { systemClock } from '../../src/clock.ts';
import { NotFound, Refused } from '../../src/errors/appError.ts';
import { faultOfText, KEY_NAME } from '../../src/events/textRule.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import type { ApiKeyRow } from '../../src/projections/tables/apiKeys.ts';
import { findKeysByIdPart, findKeysByName, idPart } from '../../src/projections/tables/keyReferences.ts';
import { formatTime, keyStatus, keyTitle } from '../views/keyView.ts';
import { misuse } from '../input/misuse.ts';

/** Shown of those that could be meant. */
const CANDIDATES = 10;

/** Characters of the beginning of a key: the id, and so little of the secret that nobody guesses the rest. */
const MAX_BEGINNING = 40;

/**
 * Finds the key that was typed: by its name, by the beginning or the end of its id, or by the beginning of its text, which has
 * the id in it. Deleted keys count, too; a name means one that works before one that does not.
 * @throws NotFound `key-not-found`; Refused `key-ambiguous`; Invalid `usage`
 */
export async function resolveKey(db: Queryable, typed: string): Promise<ApiKeyRow> {
  // What was typed is not repeated, and goes no further than here: it may be a secret in the wrong place.
  if (typed.startsWith(API_KEY_PREFIX) && typed.length > MAX_BEGINNING) {
    throw misuse(
      'That is a whole key: others on this machine can see it in the list of processes, and the shell keeps it. ' +
        'What stands before its second _ is enough. To replace the key: metamcp-cli keys rotate',
    );
  }
  const found = await findKeys(db, typed);
  const [key, another] = found;
  if (key === undefined) {
    throw new NotFound(
      'key-not-found',
      'There is no key with this name or id. See: metamcp-cli keys list --include-inactive',
    );
  }
  if (another === undefined) return key;
  const shown = found.slice(0, CANDIDATES);
  const more = found.length > CANDIDATES ? '\n  …' : '';
  throw new Refused(
    'key-ambiguous',
    `Several keys could be meant; the digits in brackets name one:\n${shown.map(candidate).join('\n')}${more}`,
    { data: { candidates: shown.map(({ id, name }) => ({ id, name })), more: found.length > CANDIDATES } },
  );
}

async function findKeys(db: Queryable, typed: string): Promise<readonly ApiKeyRow[]> {
  const ids = idsOfBeginning(typed);
  if (ids !== undefined) {
    const found = await findKeysByIdPart(db, { ...ids, end: undefined }, CANDIDATES + 1);
    if (found.length > 0) return found;
  }
  const part = idPart(typed);
  const byId = part === undefined ? [] : await findKeysByIdPart(db, part, CANDIDATES + 1);
  // A whole id is no name: what a program passes on means one key, whatever others are called.
  if (byId.some(({ id }) => id === typed.toLowerCase())) return byId;
  if (faultOfText(KEY_NAME, typed) !== undefined) return byId;
  const byName = await findKeysByName(db, typed, systemClock(), CANDIDATES + 1);
  const known = new Set(byName.map(({ id }) => id));
  return [...byName, ...byId.filter(({ id }) => !known.has(id))];
}

function candidate(key: ApiKeyRow): string {
  return `  ${keyTitle(key)}, ${keyStatus(key, systemClock()).text}, made ${formatTime(key.createdAt)}`;
}
