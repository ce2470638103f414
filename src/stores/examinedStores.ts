import { parseTokenSecrets } from '../auth/tokenSecret.ts';
import { NotFound, Refused } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { Logger } from '../logging/logger.ts';
import type { Database } from '../postgres/database.ts';
import { probeSession } from '../postgres/sessionProbe.ts';
import { readProjectionStatus } from '../projections/projectionStatus.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import { examineStore } from '../projections/running/storeCheck.ts';
import { findInstallation } from '../projections/tables/installation.ts';
import type { Settings } from '../settings/settings.ts';
import { findLocalSecrets, type LocalSecrets } from '../vault/localSecrets.ts';
import { parseMasterKeys } from '../vault/masterKey.ts';
import { confirmSystemKeys } from '../vault/systemKeys.ts';
import { createVault, type Vault } from '../vault/vault.ts';
import { countByMasterKey } from '../vault/vaultKeys.ts';
import { allProjections } from './allProjections.ts';
import { openEventStore } from './eventStores.ts';

/** The stores as they are: whoever looks at them makes, notes and applies nothing. */
export interface ExaminedStores extends AsyncDisposable {
  readonly db: Database;
  readonly events: Pick<EventStore, 'readAll'>;
  readonly projections: Pick<ProjectionRunner, 'status'>;
  /** Undefined: nothing has worked on them yet. */
  readonly installation: string | undefined;
  /**
   * Finds out whether the event store answers, takes appends, and is the one that the read tables were built from.
   * @throws NotFound `event-store-unused`; Unavailable, with the reason
   */
  checkEvents(): Promise<void>;
  /**
   * Opens what seals secrets, once the secrets are found to be those of this history.
   * @throws NotFound `secrets-not-made`; Refused `secrets-lost`, `vault-keys-lost`; Invalid; Unavailable
   */
  vault(): Promise<Vault>;
}

export interface ExaminedStoresOptions {
  readonly settings: Settings;
  /** Migrated; one that refuses to write (`readOnly`) makes sure of it. Not disposed of. */
  readonly db: Database;
  readonly logger: Logger;
}

/** Opens the stores as they are. @throws Unavailable; Invalid */
export async function openExaminedStores({ settings, db, logger }: ExaminedStoresOptions): Promise<ExaminedStores> {
  await using opened = new AsyncDisposableStack();
  if (settings.databaseUrl !== undefined) await probeSession(db.url);
  const installation = await findInstallation(db);
  const store = opened.use(await openEventStore({ settings, db, logger }));
  const names = allProjections.map(({ name }) => name);

  async function openVault(): Promise<Vault> {
    const { encryptionKey, jwtSecret } = await findSecrets(settings, db);
    const vault = createVault({ db, masterKeys: parseMasterKeys(encryptionKey, settings.encryptionKeyPrevious) });
    parseTokenSecrets(jwtSecret, settings.jwtSecretPrevious);
    if (await confirmSystemKeys({ db, vault, before: installation?.keyChecks })) return vault;
    throw new NotFound('secrets-not-made', 'There are no system keys yet.');
  }

  const closing = opened.move();
  return {
    db,
    events: store,
    projections: { status: () => readProjectionStatus(db, allProjections) },
    installation: installation?.id,
    async checkEvents() {
      if (!(await examineStore({ db, store, names })))
        throw new NotFound('event-store-unused', 'The event store answers, and nothing has worked on it yet.');
      // Of EventStoreDB it appends the identity, which was just found, again: that changes nothing.
      await store.check();
    },
    vault: openVault,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** The secrets as `openStores` has them, of which none are made. */
async function findSecrets(settings: Settings, db: Database): Promise<LocalSecrets> {
  const { encryptionKey, jwtSecret, home } = settings;
  if (encryptionKey !== undefined && jwtSecret !== undefined) return { encryptionKey, jwtSecret };
  const local = await findLocalSecrets(home);
  if (local !== undefined)
    return { encryptionKey: encryptionKey ?? local.encryptionKey, jwtSecret: jwtSecret ?? local.jwtSecret };
  // What is in the database was sealed with the setting, and only the secret of tokens is not made.
  if (encryptionKey !== undefined || (await countByMasterKey(db)).length === 0)
    throw new NotFound('secrets-not-made', `There are no secrets in ${home} yet.`);
  throw new Refused(
    'secrets-lost',
    `${home}/secrets.json is missing, and what is in the database was sealed with its secrets. ` +
      'A start makes another one, which opens nothing of it.',
  );
}
