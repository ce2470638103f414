import { allProjections } from './allProjections.ts';
import { createSecretKey } from 'node:crypto';
import { createAdministration, type Administration } from '../administration/administration.ts';
import { createDryRun, type DryRun } from '../administration/dryRun.ts';
import { createConfirmState, createEnforcement, type ConfirmState } from '../administration/enforcement.ts';
import { createKeyIssuer } from '../administration/keyIssuer.ts';
import { createStreamRepairs, type StreamRepairs } from '../administration/streamRepairs.ts';
import { createAudit, type Audit } from '../audit/audit.ts';
import { createArgon, type Argon } from '../auth/argon.ts';
import { createFingerprints, type Fingerprints } from '../auth/fingerprint.ts';
import { parseMasterKeys } from '../vault/masterKey.ts';
import { parseTokenSecrets, type TokenSecrets } from '../auth/tokenSecret.ts';
import { openSystemKeys } from '../vault/systemKeys.ts';
import { createVault, type Vault } from '../vault/vault.ts';
import { createRecordCatalogue, type RecordCatalogue } from '../catalogue/recordCatalogue.ts';
import { systemClock } from '../clock.ts';
import { createCommandHandler } from '../commands/handle.ts';
import type { Tracer } from '../tracing/tracer.ts';
import type { Settings } from '../settings/settings.ts';
import { openEmbeddedPostgres } from '../embedded/embeddedPostgres.ts';
import type { EventStore } from '../events/eventStore.ts';
import { authenticStore } from '../events/authenticStore.ts';
import { isGenuine } from '../events/hashChain.ts';
import { openEventStore } from './eventStores.ts';
import { openSecrets } from './installationSecrets.ts';
import type { Logger } from '../logging/logger.ts';
import { openDatabase, type Database } from '../postgres/database.ts';
import { refuseUnderGateways } from './olderGateways.ts';
import { migrate } from '../postgres/migrate.ts';
import { probeSession } from '../postgres/sessionProbe.ts';
import { openConfirmations } from '../live/confirmations.ts';
import { readInstallation } from '../projections/tables/installation.ts';
import { createProjectionRunner, type ProjectionRunner } from '../projections/runner.ts';
import { createStreamKnowledge } from '../projections/tables/streamKnowledge.ts';
import { verifiedStore } from '../projections/verifiedStore.ts';

/** All that holds state, opened: for a gateway, or for a command of the CLI. */
export interface Stores extends Administration, AsyncDisposable {
  readonly db: Database;
  readonly events: EventStore;
  readonly projections: ProjectionRunner;
  readonly vault: Vault;
  readonly fingerprints: Fingerprints;
  readonly argon: Argon;
  readonly tokenSecrets: TokenSecrets;
  /** Seals legacy session ids: 32 bytes, the same on every replica. */
  readonly sessionKey: Buffer;
  /** The installation's id: random, and the same for all that work on these stores. */
  readonly installation: string;
  readonly repairs: StreamRepairs;
  /** For reports that things are already so. */
  readonly confirmState: ConfirmState;
  /** Begins a dry run: the same commands, of which nothing is kept. */
  readonly dryRun: () => DryRun;
  readonly audit: Audit;
  readonly recordCatalogue: RecordCatalogue;
}

export interface StoresOptions {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Undefined: nobody collects traces. */
  readonly tracer?: Tracer | undefined;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Whether an administrator waits for it: some connections of the embedded PostgreSQL are reserved for them. (Default: false) */
  readonly administrator?: boolean | undefined;
  /** Stays the caller's. (Default: the configured event store) */
  readonly events?: EventStore | undefined;
  /** Goes on although the system keys are lost. (Default: false) */
  readonly acceptLoss?: boolean | undefined;
  /** Gets what is waited for, as in: the event store. (Default: nobody is told) */
  readonly onWaiting?: ((what: string) => void) | undefined;
}

/**
 * Opens the stores: Postgres (embedded unless configured), migrated; the event store, which may be away; the vault; the
 * read tables, as they are: pump to have them current.
 * @throws Unavailable when Postgres can't be reached; Invalid when a secret does not fit; Refused `secrets-lost`, `vault-keys-lost`
 */
export async function openStores(options: StoresOptions): Promise<Stores> {
  const {
    settings,
    logger,
    tracer,
    applicationName,
    administrator = false,
    events: openStore,
    acceptLoss = false,
    onWaiting = () => undefined,
  } = options;
  // When a later step fails, all that was opened is closed in reverse order.
  await using opened = new AsyncDisposableStack();
  onWaiting(settings.databaseUrl === undefined ? 'the embedded PostgreSQL' : 'PostgreSQL');
  const url =
    settings.databaseUrl ??
    opened.use(await openEmbeddedPostgres({ stateFolder: settings.home, logger, administrator })).url;
  const db = opened.use(
    openDatabase({
      url,
      applicationName,
      onIdleError: ({ message }) => logger.warn({ reason: message }, 'a database connection was lost'),
    }),
  );
  // Before anything relies on a lock: a pooler may stand in between, but not before the embedded PostgreSQL.
  if (settings.databaseUrl !== undefined) await probeSession(url);
  onWaiting('the migrations of the database');
  await migrate(db, { beforeChange: administrator ? refuseUnderGateways : undefined });

  onWaiting('the keys of the vault');
  const secrets = await openSecrets(settings, db);
  const vault = createVault({ db, masterKeys: parseMasterKeys(secrets.encryptionKey, settings.encryptionKeyPrevious) });
  const tokenSecrets = parseTokenSecrets(secrets.jwtSecret, settings.jwtSecretPrevious);
  const { id: installation, keyChecks } = await readInstallation(db);
  const {
    chain: chainKey,
    fingerprint: fingerprintKey,
    session: sessionKey,
  } = await openSystemKeys({ db, vault, before: keyChecks, acceptLoss });

  onWaiting('the event store');
  const chainHmac = createSecretKey(chainKey);
  const store = openStore ?? opened.use(await openEventStore({ settings, db, logger }));
  const events = authenticStore(store, chainHmac);
  const projections = createProjectionRunner({
    db,
    store: events,
    logger,
    isGenuine: (event) => isGenuine(chainHmac, event),
    projections: allProjections,
    tracer,
  });
  const confirmations = opened.use(openConfirmations({ url }));

  const clock = systemClock;
  const commandOptions = {
    store: verifiedStore(events, projections),
    knowledge: createStreamKnowledge({ db, logger }),
    clock,
    chainKey,
    tracer,
  };
  const commands = createCommandHandler(commandOptions);
  const enforcement = createEnforcement({ db, projections, confirmations });
  const fingerprints = createFingerprints(fingerprintKey);
  const argon = createArgon();
  const issuer = createKeyIssuer({ vault, fingerprints, argon });
  const closing = opened.move();
  return {
    db,
    events,
    projections,
    vault,
    fingerprints,
    argon,
    tokenSecrets,
    sessionKey,
    installation,
    ...createAdministration({ db, events, commands, vault, issuer, enforcement, clock }),
    confirmState: createConfirmState({ projections, confirmations }),
    repairs: createStreamRepairs({ db, events, commands, enforcement }),
    dryRun: () => createDryRun({ ...commandOptions, db, vault }),
    recordCatalogue: createRecordCatalogue({ commands, projections, clock }),
    audit: createAudit({ events, db, vault, chainKey, projections }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
