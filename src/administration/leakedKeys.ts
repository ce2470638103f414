import { AppError } from '../errors/appError.ts';
import { apiKeyStream } from '../events/streamName.ts';
import type { Queryable } from '../postgres/database.ts';
import { listSealed } from '../projections/tables/apiKeys.ts';
import { keySecretsSchema } from '../vault/keySecrets.ts';
import { openSecrets } from '../vault/openSecrets.ts';
import type { Vault } from '../vault/vault.ts';
import type { Fingerprints } from '../auth/fingerprint.ts';
import type { ApiKey } from '../auth/keyFormat.ts';
import { inSlices, type Steps } from '../slices.ts';

/**
 * Finds those that are keys of ours, whatever their status: one text for each id. All of them cost one query, and each that has the
 * id of a key an HMAC, in slices. The fingerprint is proof enough, since nobody guesses 256 bits: no Argon2 is computed for a stranger.
 * @param texts well-formed ones (keysIn)
 * @throws Unavailable
 */
export type FindLeakedKeys = (texts: readonly ApiKey[]) => Promise<readonly ApiKey[]>;

export interface LeakedKeysOptions {
  readonly db: Queryable;
  readonly vault: Pick<Vault, 'open'>;
  readonly fingerprints: Pick<Fingerprints, 'matches'>;
}

const fingerprintSchema = keySecretsSchema.pick({ fingerprint: true });

/** Makes what finds keys in texts. */
export function createFindLeakedKeys({ db, vault, fingerprints }: LeakedKeysOptions): FindLeakedKeys {
  async function fingerprintOf(id: string, sealed: Parameters<typeof openSecrets>[2]): Promise<string | undefined> {
    try {
      return (await openSecrets(vault, fingerprintSchema, sealed, apiKeyStream(id)))?.fingerprint;
    } catch (error) {
      // Nobody can prove such a key, so nobody can use it; the others in the report count.
      if (error instanceof AppError && error.code === 'secret-unreadable') return undefined;
      throw error;
    }
  }

  function* matching(texts: readonly ApiKey[], fingerprint: string): Steps<ApiKey | undefined> {
    for (const text of texts) {
      if (fingerprints.matches(fingerprint, text.secret)) return text;
      yield;
    }
    return undefined;
  }

  return async (texts) => {
    if (texts.length === 0) return [];
    const byId = Map.groupBy(texts, ({ id }) => id);
    const found: ApiKey[] = [];
    for (const { id, sealed } of await listSealed(db, [...byId.keys()])) {
      const fingerprint = await fingerprintOf(id, sealed);
      if (fingerprint === undefined) continue;
      const right = await inSlices(matching(byId.get(id) ?? [], fingerprint));
      if (right !== undefined) found.push(right);
    }
    return found;
  };
}
