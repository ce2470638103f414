import type { Logger } from '../logging/logger.ts';
import { Unavailable } from '../errors/appError.ts';
import { mcpServerStream, SERVER_NAME } from '../events/mcpServer.ts';
import { addressDigest } from '../events/serverAddress.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Invalidations } from './invalidations.ts';
import { findServer, listServerNames, type McpServerRow } from '../projections/tables/mcpServers.ts';
import { compileServerLimits } from '../limits/compiledLimits.ts';
import { createMemory } from './memory.ts';
import type { LiveServer, LiveServers, ServerProgram } from './liveServer.ts';
import { openSecrets } from '../vault/openSecrets.ts';
import { serverSecretsSchema, type ServerSecrets } from '../vault/serverSecrets.ts';
import type { Vault } from '../vault/vault.ts';

export interface LiveServersOptions {
  readonly db: Queryable;
  readonly vault: Pick<Vault, 'open'>;
  readonly invalidations: Pick<Invalidations, 'trusted' | 'onInvalidation'>;
  readonly logger: Logger;
  /** Servers kept in memory. (Default: 10_000) */
  readonly capacity?: number;
}

const NO_SECRETS: ServerSecrets = { headers: {}, env: {} };

/** Makes the memory of servers. docs/architecture.md, Read path. */
export function createLiveServers(options: LiveServersOptions): LiveServers & Disposable {
  const { db, vault, invalidations, logger, capacity = 10_000 } = options;

  /** @returns undefined while the server is being deleted, `unreadable` when its secrets can't be opened */
  async function secretsOf({ name, sealed }: McpServerRow): Promise<ServerSecrets | undefined | 'unreadable'> {
    if (sealed === null) return NO_SECRETS;
    try {
      return await openSecrets(vault, serverSecretsSchema, sealed, mcpServerStream(name));
    } catch (error) {
      if (!(error instanceof Unavailable) || error.code !== 'secret-unreadable') throw error;
      // This server's trouble only: a rejection would count as the loss of invalidations, and every other entry would be read again.
      logger.error({ err: error, server: name }, 'the secrets of a server can’t be read; it counts as disabled');
      return 'unreadable';
    }
  }

  const memory = createMemory<string, LiveServer>({
    invalidations,
    capacity,
    select: ({ servers }) => servers,
    same: (before, after) => before.revision === after.revision && before.enabled === after.enabled,
    async load(name) {
      const row = await findServer(db, name);
      const secrets = row === undefined ? undefined : await secretsOf(row);
      return row === undefined || secrets === undefined ? undefined : liveServerOf(row, secrets);
    },
  });

  const names = createMemory<'all', { readonly names: readonly string[] }>({
    invalidations,
    capacity: 1,
    select: ({ servers }) => (servers.length > 0 ? ['all'] : []),
    load: async () => ({ names: await listServerNames(db) }),
  });
  const listed = (known: { readonly names: readonly string[] } | undefined): readonly string[] => known?.names ?? [];

  return {
    names() {
      const known = names.get('all');
      return known instanceof Promise ? known.then(listed) : listed(known);
    },
    onNames: (listener) => names.onChange(listener),
    // What can't be a name is neither looked up nor remembered: a client may ask for 16 KB of anything.
    find: (name) => (SERVER_NAME.test(name) ? memory.get(name) : undefined),
    hold: (name, server) => memory.hold(name, server),
    onChange: (listener) => memory.onChange(listener),
    [Symbol.dispose]() {
      memory[Symbol.dispose]();
      names[Symbol.dispose]();
    },
  };
}

/** Makes of a row what a process holds in memory. A server whose secrets can’t be read is disabled. */
export function liveServerOf(row: McpServerRow, secrets: ServerSecrets | 'unreadable'): LiveServer {
  const { headers, env } = secrets === 'unreadable' ? NO_SECRETS : secrets;
  return Object.freeze({
    name: row.name,
    id: row.id,
    enabled: secrets !== 'unreadable' && row.status === 'enabled' && row.fault === null,
    transport: row.transport,
    url: row.url === null ? undefined : new URL(row.url),
    headers: Object.freeze(
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    ),
    program: programOf(row, env),
    timeouts: row.timeouts,
    limits: row.limits,
    rates: compileServerLimits(row.name, row.createdAt.toISOString(), row.limits.rates),
    ...(row.onToolChange !== null && { onToolChange: row.onToolChange }),
    revision: row.revision,
    registeredAt: row.createdAt.toISOString(),
    address: addressDigest(row),
  });
}

function programOf(row: McpServerRow, env: ServerSecrets['env']): ServerProgram | undefined {
  const { transport, command, args, cwd, isolation } = row;
  if (transport !== 'stdio' || command === null) return undefined;
  const program = { command, args: Object.freeze(args ?? []), cwd: cwd ?? undefined, env: Object.freeze({ ...env }) };
  return Object.freeze({ ...program, isolation });
}
