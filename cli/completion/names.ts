import type { Connection } from '../../src/postgres/connection.ts';

/** What may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** What there is to name. Each answers with nothing when it can't be found out at once. */
export interface Names {
  keys(): Promise<Candidate[]>;
  servers(): Promise<string[]>;
}

/** Somebody waits with a finger on a key. In milliseconds. */
const PATIENCE_MS = 250;

/** More are no help on a screen. */
const MOST = 200;

export interface NamesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly configFile: string | undefined;
}

/** Makes the look into the read tables, as they are: nothing is started, migrated or brought up to date. */
export function createNames(options: NamesOptions): Names {
  async function look<T>(read: (connection: Connection) => Promise<T[]>): Promise<T[]> {
    try {
      // Loaded only when a name is asked for: commands and options must not wait for a database driver.
      const [{ readSettings: loadConfig }, { urlOfRunning }, { openConnection }] = await Promise.all([
        import('../../src/settings/settings.ts'),
        import('../../src/embedded/running.ts'),
        import('../../src/postgres/connection.ts'),
      ]);
      const { databaseUrl, home } = loadConfig(options);
      const url = databaseUrl ?? urlOfRunning(home);
      if (url === undefined) return [];
      await using connection = await openConnection({
        url,
        applicationName: 'metamcp-cli completion',
        connectTimeoutMs: PATIENCE_MS,
        statementTimeoutMs: PATIENCE_MS,
      });
      return await read(connection);
    } catch {
      // Whatever it is, the command itself will say it.
      return [];
    }
  }
  return {
    keys: () =>
      look(async (connection) => {
        const { listKeys } = await import('../../src/projections/tables/apiKeys.ts');
        const rows = await listKeys(connection, { includeInactive: true, limit: MOST });
        const candidates = rows.map(({ id, name, status }) => ({ value: id, description: `${name} (${status})` }));
        return candidates.reverse();
      }),
    servers: () =>
      look(async (connection) => {
        const { listServers } = await import('../../src/projections/tables/mcpServers.ts');
        return (await listServers(connection, { limit: MOST })).map(({ name }) => name);
      }),
  };
}
