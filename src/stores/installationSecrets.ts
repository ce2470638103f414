import { Refused } from '../errors/appError.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import type { Settings } from '../settings/settings.ts';
import { findLocalSecrets, openLocalSecrets, type Secrets, type SomeSecrets } from '../vault/localSecrets.ts';
import { countByMasterKey } from '../vault/vaultKeys.ts';

type SecretSettings = Pick<Settings, 'home' | 'encryptionKey' | 'jwtSecret'>;

/** Names this among advisory locks: "secr" in ASCII. */
const SECRETS_LOCK = 0x73656372;

/**
 * Opens the configured secrets; those that are missing come from the state folder, where the first to come makes them.
 * @throws Refused `secrets-lost`; Invalid `secrets-unreadable`; Unavailable
 */
export async function openSecrets(
  settings: SecretSettings,
  db: Pick<Database, 'query' | 'transaction'>,
): Promise<Secrets> {
  const found = await findSecrets(settings, db);
  if (found !== undefined) return found;
  // Whoever has this state folder has the database in it, too.
  return db.transaction(async (tx) => {
    await tx.query<{ locked: number }>(sql`select 1 as locked from pg_advisory_xact_lock(${SECRETS_LOCK})`);
    return (await findSecrets(settings, tx)) ?? (await openLocalSecrets(settings.home, settings));
  });
}

/**
 * Finds the same secrets, and makes none; undefined before the first start, and where only the secret of tokens is to be made.
 * @throws Refused `secrets-lost`; Invalid `secrets-unreadable`; Unavailable
 */
export async function findSecrets(settings: SecretSettings, db: Queryable): Promise<Secrets | undefined> {
  const { encryptionKey, jwtSecret, home } = settings;
  if (encryptionKey !== undefined && jwtSecret !== undefined) return { encryptionKey, jwtSecret };
  let local = await findLocalSecrets(home);
  if ((encryptionKey ?? local?.encryptionKey) === undefined && (await countByMasterKey(db)).length > 0) {
    // Another process that started first has made it meanwhile: the file is there before anything is sealed with it.
    local = await findLocalSecrets(home);
    if (local?.encryptionKey === undefined) throw secretsLost(home, local);
  }
  const [key, secret] = [encryptionKey ?? local?.encryptionKey, jwtSecret ?? local?.jwtSecret];
  return key === undefined || secret === undefined ? undefined : { encryptionKey: key, jwtSecret: secret };
}

/** Nothing goes on without them, a rebuild that accepts a loss neither: new ones open nothing that is there. */
function secretsLost(home: string, local: SomeSecrets | undefined): Refused {
  return new Refused(
    'secrets-lost',
    `${home}/secrets.json ${local === undefined ? 'is missing' : 'has no encryption key'}, and what is in the database was ` +
      'sealed with its secrets, or with an ENCRYPTION_KEY that is not set. Put the file back from a backup of the state ' +
      'folder, or set ENCRYPTION_KEY to the one that was in use before; with neither, docs/operating.md, When something is ' +
      'lost, says what is left.',
  );
}
