import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseTokenSecrets } from './auth/tokenSecret.ts';
import { systemClock } from './clock.ts';
import { AppError } from './errors/appError.ts';
import { listen } from './listen.ts';
import { createLogger } from './logging/logger.ts';
import { openDatabase } from './postgres/database.ts';
import { migrationStatus } from './postgres/migrate.ts';
import { probeSession } from './postgres/sessionProbe.ts';
import type { Configuration, Settings } from './settings/settings.ts';
import { openEventStore } from './stores/eventStores.ts';
import { readCertificatePair } from './tls/certificatePair.ts';
import { createGatewayFetch } from './tls/gatewayFetch.ts';
import { parseMasterKeys } from './vault/masterKey.ts';

/** What one part of an installation is like. */
export interface PartCheck {
  readonly part: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
}

type Finding = Omit<PartCheck, 'part'>;

/** Tries what the settings name, and changes nothing: no migration, no folder, no secret is made. */
export async function checkInstallation(configuration: Configuration, cwd: string): Promise<PartCheck[]> {
  const { settings } = configuration;
  return [
    await checked('port', () => checkPort(settings)),
    ...(settings.tls.certFile === undefined
      ? []
      : [await checked('certificate', () => checkCertificate(settings.tls))]),
    ...(settings.encryptionKey === undefined && settings.jwtSecret === undefined
      ? []
      : [await checked('secrets', () => checkSecrets(settings))]),
    ...(settings.databaseUrl === undefined ? [await checked('state folder', () => checkStateFolder(settings))] : []),
    ...(settings.databaseUrl === undefined
      ? []
      : [await checked('database', () => checkDatabase(settings.databaseUrl ?? ''))]),
    ...(settings.eventStoreUrl === undefined ? [] : [await checked('event store', () => checkEventStore(settings))]),
    ...(settings.workers === 1 ? [] : [checkWorkers(settings)]),
    ...secretFiles(configuration, cwd).map((path) => checkMode(path)),
  ];
}

async function checked(part: string, check: () => Promise<Finding>): Promise<PartCheck> {
  try {
    return { part, ...(await check()) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { part, status: 'failed', detail: error.message };
  }
}

async function checkPort(settings: Settings): Promise<Finding> {
  const { host, port } = settings;
  const server = createServer();
  try {
    await listen(server, settings, { error: () => undefined });
    return { status: 'ok', detail: `${host}:${port} is free` };
  } catch (error) {
    const running = await runningVersion(settings);
    if (running === undefined) throw error;
    return { status: 'ok', detail: `${host}:${port} is in use by MetaMCP ${running}` };
  } finally {
    if (server.listening) server.close();
  }
}

/** How long a gateway may take to say that it lives, in milliseconds. */
const LIVE_MS = 2_000;

/** The version of a gateway that listens there already: whoever checks new settings is about to restart it. */
async function runningVersion({ host, port, tls }: Settings): Promise<string | undefined> {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  try {
    const scheme = tls.certFile === undefined ? 'http' : 'https';
    const ask = createGatewayFetch(tls);
    const answer = await ask(`${scheme}://${name}:${port}/health/live`, { signal: AbortSignal.timeout(LIVE_MS) });
    const health: unknown = await answer.json();
    const isHealth = typeof health === 'object' && health !== null && 'parts' in health && 'version' in health;
    return isHealth ? String(health.version) : undefined;
  } catch {
    // Whatever it is, it is no gateway.
    return undefined;
  }
}

async function checkCertificate({ certFile = '', keyFile = '' }: Settings['tls']): Promise<Finding> {
  const { names, endsAt, warnings } = await readCertificatePair({ certFile, keyFile }, systemClock());
  const until = new Date(endsAt).toISOString().slice(0, 10);
  const detail = [`${certFile} is for ${names.join(', ') || 'no name'}, until ${until}`, ...warnings].join('. ');
  return { status: warnings.length === 0 ? 'ok' : 'warning', detail };
}

/** Reads those that are set, as a start does. @throws Invalid `encryption-key-invalid`, `jwt-secret-invalid` */
function checkSecrets(settings: Settings): Promise<Finding> {
  const { encryptionKey, encryptionKeyPrevious, jwtSecret, jwtSecretPrevious } = settings;
  if (encryptionKey !== undefined) parseMasterKeys(encryptionKey, encryptionKeyPrevious);
  if (jwtSecret !== undefined) parseTokenSecrets(jwtSecret, jwtSecretPrevious);
  return Promise.resolve({ status: 'ok', detail: 'those that are set can be used' });
}

function checkWorkers({ workers }: Settings): PartCheck {
  const cores = availableParallelism();
  const isMany = workers > cores;
  const detail = `${workers} serve the port together, and there are ${cores} cores${isMany ? ': fewer would do as much' : ''}`;
  return { part: 'workers', status: isMany ? 'warning' : 'ok', detail };
}

function checkStateFolder({ home }: Settings): Promise<Finding> {
  let folder = home;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    return Promise.resolve({ status: 'failed', detail: `${folder} is not writable for this user: set METAMCP_HOME.` });
  }
  return Promise.resolve({ status: 'ok', detail: folder === home ? home : `${home} is made at the first start` });
}

async function checkDatabase(url: string): Promise<Finding> {
  await using db = openDatabase({ url, applicationName: 'metamcp check' });
  await probeSession(url);
  const pending = (await migrationStatus(db)).filter(({ appliedAt }) => appliedAt === undefined).length;
  return {
    status: 'ok',
    detail: pending === 0 ? 'it answers, and is migrated' : `it answers; the next start applies ${pending} migrations`,
  };
}

async function checkEventStore(settings: Settings): Promise<Finding> {
  const logger = createLogger('silent');
  // Only of events in PostgreSQL: EVENT_STORE_URL names another store.
  await using db = openDatabase({
    url: settings.databaseUrl ?? 'postgresql://localhost',
    applicationName: 'metamcp check',
  });
  await using store = await openEventStore({ settings, db, logger });
  await store.check();
  return { status: 'ok', detail: 'it answers' };
}

/** Lists the files that have secrets in them. */
export function secretFiles({ settings, effective }: Configuration, cwd: string): string[] {
  const named = effective.flatMap(({ definition, path }) =>
    definition.secrecy === 'secret' && path !== undefined ? [resolve(cwd, path)] : [],
  );
  const inDotEnv = effective.some(
    ({ definition, source, path }) => definition.secrecy === 'secret' && source === '.env' && path === undefined,
  );
  const own = ['secrets.json', 'postgres.json'].map((name) => join(settings.home, name));
  return [...new Set([...named, ...(inDotEnv ? [join(cwd, '.env')] : []), ...own.filter((path) => existsSync(path))])];
}

/** Rights of the group and of others (chmod(2)); Windows has none. */
const OTHERS = 0o077;

/** Looks who may use a file with secrets. */
export function checkMode(path: string): PartCheck {
  const mode = statSync(path).mode & 0o777;
  const isOpen = process.platform !== 'win32' && (mode & OTHERS) !== 0;
  return {
    part: path,
    status: isOpen ? 'warning' : 'ok',
    detail: isOpen
      ? `it has secrets, and others than its owner may use it (${mode.toString(8)}): chmod 600`
      : 'only its owner may read it',
  };
}
