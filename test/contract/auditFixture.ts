import { allProjections } from '../../src/stores/allProjections.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import { createAudit, type Audit } from '../../src/audit/audit.ts';
import type { Fault } from '../../src/audit/fault.ts';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';
import { createVault, type Vault } from '../../src/vault/vault.ts';
import { apiKey, type ApiKeyCommand } from '../../src/commands/apiKey.ts';
import { createCommandHandler, type CommandHandler } from '../../src/commands/handle.ts';
import { mcpServer, type McpServerCommand } from '../../src/commands/mcpServer.ts';
import { apiKeyEvents } from '../../src/events/apiKey.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { EventStore, NewEvent, RecordedEvent } from '../../src/events/eventStore.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  mcpServerEvents,
  mcpServerStream,
  type ServerSettings,
} from '../../src/events/mcpServer.ts';
import { chain } from '../../src/events/hashChain.ts';
import type { Sealed } from '../../src/events/sealed.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createProjectionRunner, type ProjectionRunner } from '../../src/projections/runner.ts';
import { createStreamKnowledge } from '../../src/projections/tables/streamKnowledge.ts';

/** An event store whose history can be rewritten behind MetaMCP's back, as its administrator could, and a database. */
export interface TamperableStore extends AsyncDisposable {
  readonly store: EventStore;
  readonly db: Database;
  /** Replaces the whole history; positions are kept as they are given. */
  rewrite(history: readonly RecordedEvent[]): Promise<void>;
}

/** One installation on a store that can be tampered with. */
export interface Installation {
  readonly store: EventStore;
  readonly db: Database;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly projections: ProjectionRunner;
  readonly commands: CommandHandler;
  /** Gives a key something to do. */
  key(id: string, command: ApiKeyCommand, actor?: string): Promise<void>;
  /** Creates a key with a secret of its own. @returns its id */
  createKey(options?: { id?: string; rotatedFrom?: string; actor?: string; sealed?: Sealed }): Promise<string>;
  server(name: string, command: McpServerCommand): Promise<void>;
  /** Settings of a server with a secret of its own. */
  settings(name: string, url: string): Promise<ServerSettings>;
  history(): Promise<RecordedEvent[]>;
  tamper(change: (history: RecordedEvent[]) => RecordedEvent[]): Promise<void>;
  /** Replaces one event. */
  replace(stream: string, revision: number, change: (event: RecordedEvent) => RecordedEvent): Promise<void>;
  /** Removes events. */
  remove(...gone: readonly (readonly [stream: string, revision: number])[]): Promise<void>;
  /** Removes the rows of a stream from a revision on from the audit trail in the database. */
  removeFromTrail(stream: string, from: number): Promise<void>;
  /** Verifies. @returns the first fault */
  fault(): Promise<Fault | undefined>;
  /** The audit as it works on this store, or through this database, instead of its own. */
  auditOn(store: EventStore, database?: Database): Audit;
  /** The key of the hash chain. */
  readonly chainKey: Buffer;
}

/** Finds the event at a place. */
export function eventAt(history: readonly RecordedEvent[], stream: string, revision: number): RecordedEvent {
  const found = history.find((event) => event.stream === stream && event.revision === revision);
  if (found === undefined) throw new Error(`no ${stream}@${revision}`);
  return found;
}

/** The hash that an event carries. */
export function hashIn({ metadata: { hash } }: RecordedEvent): string {
  if (typeof hash !== 'string') throw new Error('no hash');
  return hash;
}

/** An event of a type of ours that can't be read, from outside. */
export function garbage(): NewEvent {
  return { id: randomUUID(), type: 'ApiKeyInactivated', data: { reason: 5 }, metadata: {} };
}

/** The data encryption key that an event names. */
export function sealedBy({ data }: RecordedEvent): string {
  return (data['sealed'] as { dek: string }).dek;
}

/** Appends an event as MetaMCP would, whatever the stream holds, and applies it. */
export async function appendGenuine(
  { store, chainKey, projections }: Installation,
  stream: string,
  { type, data }: Pick<RecordedEvent, 'type' | 'data'>,
): Promise<void> {
  const [last] = await Array.fromAsync(store.readStream(stream, { direction: 'backwards', limit: 1 }));
  const hash = last?.metadata['hash'];
  const head = last && { revision: last.revision, hash: typeof hash === 'string' ? hash : '' };
  const id = randomUUID();
  const metadata = {
    schema: 1,
    at: '2026-01-03T00:00:00.000Z',
    actor: 'cli:ann@host',
    correlationId: id,
    causationId: id,
  };
  const events = chain(chainKey, stream, head, [{ id, type, data, metadata }]);
  await store.append(stream, last?.revision ?? 'no-stream', events);
  await projections.pump();
}

/** The database as a user sees it who may not make temporary tables. */
export async function withoutTemporaryTables(db: Database): Promise<{ readonly db: Database } & AsyncDisposable> {
  const url = new URL(db.url);
  const role = `limited_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const run = (text: string) => db.query({ text, values: [] });
  await run(`create role ${role} login password '${password}'`);
  await run(`revoke temporary on database ${url.pathname.slice(1)} from public`);
  await run(`grant select, insert, update, delete on all tables in schema public to ${role}`);
  url.username = role;
  url.password = password;
  const limited = openDatabase({ url: url.href, applicationName: 'test of a limited user' });
  return {
    db: limited,
    async [Symbol.asyncDispose]() {
      await limited[Symbol.asyncDispose]();
      await run(`drop owned by ${role}`);
      await run(`drop role ${role}`);
    },
  };
}

/** When a history begins, in ms. */
export const START = Date.UTC(2026, 0, 2);

/**
 * Opens an installation; its clock goes a second further with every event.
 * @param options.masterKey (Default: a new one)
 */
export async function openInstallation(
  { store, db, rewrite }: Omit<TamperableStore, typeof Symbol.asyncDispose>,
  { masterKey = randomBytes(32).toString('base64'), startMs = START } = {},
): Promise<Installation> {
  const vault = createVault({ db, masterKeys: parseMasterKeys(masterKey) });
  const [chainKey] = await Promise.all(['chain', 'fingerprint', 'session'].map((name) => vault.systemKey(name)));
  if (chainKey === undefined) throw new Error('no key');
  const projections = createProjectionRunner({
    db,
    store,
    logger: createLogger('silent'),
    projections: allProjections,
    retryDelayMs: 1,
  });
  let now = startMs;
  const commands = createCommandHandler({
    store,
    knowledge: createStreamKnowledge({ db, logger: createLogger('silent') }),
    chainKey,
    clock: () => (now += 1_000),
  });
  const context = (actor = 'cli:ann@host') => ({ actor, correlationId: randomUUID(), causationId: randomUUID() });
  const seal = async (stream: string) => vault.seal(await vault.createDek(stream), stream, { secret: 'hunter2' });

  async function history(): Promise<RecordedEvent[]> {
    return Array.fromAsync(store.readAll());
  }

  const installation: Installation = {
    store,
    db,
    vault,
    projections,
    commands,
    audit: createAudit({ events: store, db, vault, chainKey, projections }),
    auditOn: (events, database = db) => createAudit({ events, db: database, vault, chainKey, projections }),
    chainKey,
    async key(id, command, actor) {
      await commands.handle(apiKey, apiKeyEvents, id, command, context(actor));
      await projections.pump();
    },
    async createKey({ id = randomUUID(), rotatedFrom, actor, sealed: given } = {}) {
      const sealed = given ?? (await seal(apiKeyStream(id)));
      const access = { scopes: ['mcp'] as const, grants: ['*'] };
      await installation.key(id, { type: 'Create', at: now, name: `key ${id}`, ...access, rotatedFrom, sealed }, actor);
      return id;
    },
    async server(name, command) {
      await commands.handle(mcpServer, mcpServerEvents, name, command, context());
      await projections.pump();
    },
    settings: async (name, url) => ({
      transport: 'http',
      url,
      isolation: 'session',
      limits: DEFAULT_LIMITS,
      timeouts: DEFAULT_TIMEOUTS,
      sealed: await seal(mcpServerStream(name)),
    }),
    history,
    tamper: async (change) => rewrite(change(await history())),
    replace: (stream, revision, change) =>
      installation.tamper((events) => {
        const target = eventAt(events, stream, revision);
        return events.map((event) => (event === target ? change(event) : event));
      }),
    remove: (...gone) =>
      installation.tamper((events) => {
        const targets = gone.map(([stream, revision]) => eventAt(events, stream, revision));
        return events.filter((event) => !targets.includes(event));
      }),
    async removeFromTrail(stream, from) {
      await db.query(sql`delete from audit_events where stream = ${stream} and revision >= ${from}`);
    },
    fault: async () => (await installation.audit.verify()).fault,
  };
  return installation;
}

/** Keys and a server that went through everything that there is. */
export async function makeHistory(installation: Installation) {
  const { createKey, key, server, settings } = installation;
  const busy = await createKey();
  await key(busy, { type: 'ChangeAccess', at: START, scopes: ['mcp', 'audit:read'], grants: ['github'] });
  await server('github', { type: 'Register', settings: await settings('github', 'http://127.0.0.1:9/a') });
  await key(busy, { type: 'Inactivate', reason: 'lost' });
  await server('github', { type: 'Update', settings: await settings('github', 'http://127.0.0.1:9/b') });
  await key(busy, { type: 'Activate', reason: 'found' });
  const deleted = await createKey();
  await key(deleted, { type: 'Delete', reason: 'gone' });
  const old = await createKey();
  const successor = await createKey({ rotatedFrom: old });
  await key(old, { type: 'MarkRotated', successorId: successor, validUntil: '2026-02-01T00:00:00.000Z' });
  await server('github', { type: 'Disable' });
  await server('github', { type: 'Delete' });
  await server('github', { type: 'Register', settings: await settings('github', 'http://127.0.0.1:9/c') });
  const [busyStream, deletedStream, oldStream, successorStream] = [busy, deleted, old, successor].map(apiKeyStream);
  return {
    ids: { busy, deleted, old, successor },
    streams: {
      busy: busyStream!,
      deleted: deletedStream!,
      old: oldStream!,
      successor: successorStream!,
      github: mcpServerStream('github'),
    },
  };
}
