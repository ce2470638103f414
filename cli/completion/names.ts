import type { Connection } from '../../src/postgres/connection.ts';
import type { TypedKey } from '../../src/projections/tables/keyReferences.ts';
import { escape } from '../../src/escape.ts';
import { shortId } from '../../src/shortId.ts';

/** What may stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** Names in the stores. A list that can't be read at once is empty. */
export interface Names {
  /** Those of which something begins so. */
  keys(typed: string): Promise<Candidate[]>;
  servers(): Promise<string[]>;
  roles(): Promise<string[]>;
  /** The last events, the newest first. */
  events(): Promise<Candidate[]>;
}

/** How many milliseconds a user who has pressed Tab waits. */
const PATIENCE_MS = 250;

/** More are no help on a screen; another letter narrows them. */
const MAX_NAMES = 1_000;

/** Events that somebody may want to take back: older ones are found with audit tail. */
const MAX_EVENTS = 50;

/** Named where several keys have one name. */
const NAMED = 3;

/** Offers each name once, and the id where the name does not begin so, or could not be typed or read as one. */
function keyCandidates(keys: readonly TypedKey[], typed: string): Candidate[] {
  const offered = new Map<string, string[]>();
  for (const key of keys) {
    const value = valueOf(key, typed);
    const description = value === key.name ? `${shortId(key.id)} (${key.status})` : `${key.name} (${key.status})`;
    offered.set(value, [...(offered.get(value) ?? []), description]);
  }
  return [...offered].map(([value, all]) => ({
    value,
    description: all.length > NAMED ? `${all.slice(0, NAMED).join(', ')}, …` : all.join(', '),
  }));
}

function valueOf({ id, name }: TypedKey, typed: string): string {
  if (name.startsWith(typed) && !name.startsWith('-') && escape(name) === name) return name;
  return shortId(id).startsWith(typed.toLowerCase()) ? shortId(id) : id;
}

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
    keys: (typed) =>
      readNames(async (connection) => {
        const { listKeysTyped } = await import('../../src/projections/tables/keyReferences.ts');
        return keyCandidates(await listKeysTyped(connection, typed, MAX_NAMES), typed);
      }),
    roles: () =>
      readNames(async (connection) => {
        const { listRoles } = await import('../../src/projections/tables/keyRoles.ts');
        return (await listRoles(connection, { limit: MAX_NAMES })).map(({ name }) => name);
      }),
    servers: () =>
      readNames(async (connection) => {
        const { listServers } = await import('../../src/projections/tables/mcpServers.ts');
        return (await listServers(connection, { limit: MAX_NAMES })).map(({ name }) => name);
      }),
    events: () =>
      readNames(async (connection) => {
        const { listTrail } = await import('../../src/projections/tables/auditEvents.ts');
        const events = await listTrail(connection, { order: 'desc', limit: MAX_EVENTS });
        return events.map(({ id, type, stream, at, actor }) => ({
          value: shortId(id),
          description: `${type} ${stream.slice(stream.indexOf('-') + 1)} ${at.toISOString()} ${actor}`,
        }));
      }),
  };
}
