import type { Connection } from '../../src/postgres/connection.ts';

/** What may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** Names in the stores. A list that can't be read at once is empty. */
export interface Names {
  keys(): Promise<Candidate[]>;
  servers(): Promise<string[]>;
}

/** How many milliseconds a user who has pressed Tab waits. */
const PATIENCE_MS = 250;

/** More are no help on a screen. */
const MAX_NAMES = 200;

export interface NamesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly configFile: string | undefined;
}

/** Makes what reads the tables, as they are: nothing is started, migrated or brought up to date. */
export function createNames(options: NamesOptions): Names {
  async function readNames<T>(read: (connection: Connection) => Promise<T[]>): Promise<T[]> {
    try {
      // Loaded only for names: completion of commands and options must not wait for a database driver.
      const [{ readSettings }, { urlOfRunning }, { openConnection }] = await Promise.all([
        import('../../src/settings/settings.ts'),
        import('../../src/embedded/running.ts'),
        import('../../src/postgres/connection.ts'),
      ]);
      const { databaseUrl, home } = readSettings(options);
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
      // The command itself reports what is wrong.
      return [];
    }
  }
  return {
    keys: () =>
      readNames(async (connection) => {
        const { listKeys } = await import('../../src/projections/tables/keyLists.ts');
        const rows = await listKeys(connection, { without: [], limit: MAX_NAMES });
        const candidates = rows.map(({ id, name, status }) => ({ value: id, description: `${name} (${status})` }));
        return candidates.reverse();
      }),
    servers: () =>
      readNames(async (connection) => {
        const { listServers } = await import('../../src/projections/tables/mcpServers.ts');
        return (await listServers(connection, { limit: MAX_NAMES })).map(({ name }) => name);
      }),
  };
}
