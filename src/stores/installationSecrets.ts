import { Refused } from '../errors/appError.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Settings } from '../settings/settings.ts';
import { findLocalSecrets, openLocalSecrets, type LocalSecrets } from '../vault/localSecrets.ts';
import { countByMasterKey } from '../vault/vaultKeys.ts';

type SecretSettings = Pick<Settings, 'home' | 'encryptionKey' | 'jwtSecret'>;

/**
 * Opens the configured secrets; those that are missing come from the state folder, where the first to come makes them.
 * @throws Refused `secrets-lost`; Invalid `secrets-unreadable`; Unavailable
 */
export async function openSecrets(settings: SecretSettings, db: Queryable): Promise<LocalSecrets> {
  return (await findSecrets(settings, db)) ?? withSettings(settings, await openLocalSecrets(settings.home));
}

/**
 * Finds the same secrets, and makes none; undefined before the first start.
 * @throws Refused `secrets-lost`; Invalid `secrets-unreadable`; Unavailable
 */
export async function findSecrets(settings: SecretSettings, db: Queryable): Promise<LocalSecrets | undefined> {
  const { encryptionKey, jwtSecret, home } = settings;
  if (encryptionKey !== undefined && jwtSecret !== undefined) return { encryptionKey, jwtSecret };
  const local = await findLocalSecrets(home);
  if (local !== undefined) return withSettings(settings, local);
  // What is in the database was sealed with the setting, and only the secret of tokens is not made.
  if (encryptionKey !== undefined || (await countByMasterKey(db)).length === 0) return undefined;
  // Another process that started first has made them meanwhile: the file is there before anything is sealed with it.
  const made = await findLocalSecrets(home);
  if (made === undefined) throw secretsLost(home);
  return withSettings(settings, made);
}

function withSettings({ encryptionKey, jwtSecret }: SecretSettings, local: LocalSecrets): LocalSecrets {
  return { encryptionKey: encryptionKey ?? local.encryptionKey, jwtSecret: jwtSecret ?? local.jwtSecret };
}

/** Nothing goes on without them, a rebuild that accepts a loss neither: new ones open nothing that is there. */
function secretsLost(home: string): Refused {
  return new Refused(
    'secrets-lost',
    `${home}/secrets.json is missing, and what is in the database was sealed with its secrets, or with an ENCRYPTION_KEY ` +
      'that is not set. Put the file back from a backup of the state folder, or set ENCRYPTION_KEY to the one that was in ' +
      'use before; with neither, docs/operating.md, When something is lost, says what is left.',
  );
}
