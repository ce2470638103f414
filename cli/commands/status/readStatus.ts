import { foundHealth, type FoundHealth } from '../../../src/api/foundHealth.ts';
import { listAllReadings, type CatalogueReading } from '../../../src/catalogue/rememberedTable.ts';
import { systemClock } from '../../../src/clock.ts';
import { AppError, NotFound } from '../../../src/errors/appError.ts';
import type { Queryable } from '../../../src/postgres/database.ts';
import { readProjectionLag } from '../../../src/projections/projectionLag.ts';
import { countKeysByStatus } from '../../../src/projections/tables/keyLists.ts';
import type { ExaminedStores } from '../../../src/stores/examinedStores.ts';
import type { Settings } from '../../../src/settings/settings.ts';
import type { Examination } from '../../diagnosis/examination.ts';
import { NotExamined } from '../../diagnosis/notExamined.ts';
import type { Untrusted } from '../../gateway/gatewayTrust.ts';
import type { LiveGateway } from '../../gateway/liveGateway.ts';
import { isOther } from '../../gateway/otherInstallation.ts';
import { serverPages } from '../../stores/pages.ts';

/** Something that answers, or why it does not; undefined: something else is in the way. */
export type Answers = true | AppError | undefined;

export interface InstallationStatus {
  readonly settings: Settings;
  readonly gateway: LiveGateway | undefined;
  /** What is wrong where one answers that is not trusted. */
  readonly untrustedGateway: Untrusted | undefined;
  /** Undefined: the stores can't be opened, or nothing has worked on them yet. */
  readonly installation: string | undefined;
  /** Whether the gateway works on these stores; undefined: it does not tell, or they can't be opened. */
  readonly isSame: boolean | undefined;
  readonly database: Answers;
  readonly eventStore: Answers;
  /** Why the stores can't be used, where it is neither of both. */
  readonly fault: string | undefined;
  /** Undefined: they can't be read. */
  readonly tables: TablesStatus | undefined;
}

export interface TablesStatus {
  /** The age of the oldest event that a table lacks, in milliseconds; undefined: the event store can't be read. */
  readonly lagMs: number | undefined;
  /** Names of tables that stand still. */
  readonly stopped: readonly string[];
  readonly keys: readonly { readonly status: string; readonly count: number }[];
  readonly disabledServers: number;
  /** Those that are enabled, by what calls of the catalogue have shown. */
  readonly servers: ReadonlyMap<string, FoundHealth['status']>;
}

const LAG_PATIENCE_MS = 5_000;

/** Reads how things are. Whatever can't be read leaves its part out. */
export async function readStatus(examination: Examination): Promise<InstallationStatus> {
  const { configuration, gateway } = examination;
  const stores = await examination.stores().catch(() => undefined);
  const fault = await examination.vault().then(
    () => undefined,
    // Before the first start there are none, which is no fault.
    (error: unknown) => (error instanceof NotFound ? undefined : error),
  );
  const [database, eventStore, tables] = await Promise.all([
    outcomeOf(examination.migrations()),
    stores === undefined ? undefined : outcomeOf(stores.checkEvents().catch(passUnused)),
    stores === undefined ? undefined : readTablesStatus(stores),
  ]);
  const found = await gateway;
  return {
    settings: configuration.settings,
    gateway: found,
    untrustedGateway: await examination.untrustedGateway(),
    installation: stores?.installation,
    isSame: found?.installation === undefined || stores === undefined ? undefined : !isOther(found, stores),
    database,
    eventStore,
    fault: database === true && (fault instanceof AppError || fault instanceof NotExamined) ? fault.message : undefined,
    tables,
  };
}

/** It answers. */
function passUnused(error: unknown): void {
  if (!(error instanceof NotFound)) throw error;
}

async function outcomeOf(question: Promise<unknown>): Promise<Answers> {
  try {
    await question;
    return true;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

async function readTablesStatus({ db, projections, events }: ExaminedStores): Promise<TablesStatus> {
  const [tables, lag, keys, servers] = await Promise.all([
    projections.status(),
    readProjectionLag({ projections, store: events, clock: systemClock }, AbortSignal.timeout(LAG_PATIENCE_MS)).catch(
      () => undefined,
    ),
    countKeysByStatus(db, new Date(systemClock())),
    readServers(db),
  ]);
  return {
    lagMs: lag === undefined ? undefined : Math.max(0, ...lag.values()),
    stopped: tables.filter(({ stoppedReason }) => stoppedReason !== undefined).map(({ name }) => name),
    keys,
    ...servers,
  };
}

async function readServers(db: Queryable): Promise<Pick<TablesStatus, 'servers' | 'disabledServers'>> {
  const readings = new Map<string, CatalogueReading[]>();
  for (const { server, ...reading } of await listAllReadings(db)) {
    readings.set(server, [...(readings.get(server) ?? []), reading]);
  }
  const servers = new Map<string, FoundHealth['status']>();
  let disabledServers = 0;
  for await (const page of serverPages(db)) {
    for (const { name, status } of page) {
      if (status === 'enabled') servers.set(name, foundHealth(undefined, readings.get(name) ?? []).status);
      else if (status === 'disabled') disabledServers += 1;
    }
  }
  return { servers, disabledServers };
}
