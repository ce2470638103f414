import { parseTokenSecrets } from '../auth/tokenSecret.ts';
import { NotFound } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { Logger } from '../logging/logger.ts';
import type { Database } from '../postgres/database.ts';
import { probeSession } from '../postgres/sessionProbe.ts';
import { readProjectionStatus } from '../projections/projectionStatus.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import { examineStore } from '../projections/running/storeCheck.ts';
import { findInstallation } from '../projections/tables/installation.ts';
import type { Settings } from '../settings/settings.ts';
import { parseMasterKeys } from '../vault/masterKey.ts';
import { confirmSystemKeys } from '../vault/systemKeys.ts';
import { createVault, type Vault } from '../vault/vault.ts';
import { allProjections } from './allProjections.ts';
import { openEventStore } from './eventStores.ts';
import { findSecrets } from './installationSecrets.ts';

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
    const secrets = await findSecrets(settings, db);
    if (secrets === undefined) throw new NotFound('secrets-not-made', `There are no secrets in ${settings.home} yet.`);
    const { encryptionKey, jwtSecret } = secrets;
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
