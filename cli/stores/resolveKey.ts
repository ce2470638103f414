import { NotFound, Refused } from '../../src/errors/appError.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import { findKeysByPrefix, type ApiKeyRow } from '../../src/projections/tables/apiKeys.ts';
import { keyTitle } from '../views/keyView.ts';
import { misuse } from '../input/misuse.ts';

/** Shown of those that a prefix fits. */
const CANDIDATES = 10;

/**
 * Finds the key whose id begins with what was typed; deleted keys count, too.
 * @throws NotFound `key-not-found`; Refused `key-ambiguous`; Invalid `usage`
 */
export async function resolveKey(db: Queryable, typed: string): Promise<ApiKeyRow> {
  // What was typed is not repeated: it may be a secret in the wrong place.
  if (typed.startsWith('mcp_')) {
    throw misuse('That is a key itself, not the key’s id. See: metamcp-cli keys list');
  }
  const found = await findKeysByPrefix(db, typed, CANDIDATES + 1);
  const [key, another] = found;
  if (key === undefined) {
    throw new NotFound('key-not-found', 'There is no key with this id. See: metamcp-cli keys list --include-inactive');
  }
  if (another === undefined) return key;
  const shown = found.slice(0, CANDIDATES);
  const more = found.length > CANDIDATES ? '\n  …' : '';
  throw new Refused(
    'key-ambiguous',
    `Several keys have an id that begins so:\n${shown.map((each) => `  ${keyTitle(each)}`).join('\n')}${more}`,
    { data: { candidates: shown.map(({ id, name }) => ({ id, name })), more: found.length > CANDIDATES } },
  );
}
