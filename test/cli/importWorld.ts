import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { openInProcessCli, type InProcessCli, type RunOptions } from './inProcess.ts';
import { keepStores } from './keptStores.ts';

export interface Entry {
  readonly entry: string;
  readonly name: string;
  readonly action: string;
  readonly done: boolean;
  readonly changes: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[];
  readonly problems: readonly { readonly code: string; readonly message: string }[];
  readonly notes: readonly string[];
}

export interface Answer {
  readonly dry_run: boolean;
  /** Absent when it failed. */
  readonly servers?: readonly Entry[];
  readonly notes?: readonly string[];
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly data: { readonly servers: readonly Entry[] };
  };
}

export interface Imported {
  readonly code: number;
  readonly stderr: string;
  readonly document: Answer;
}

/** A CLI with a database of its own, to import into. */
export interface ImportWorld extends AsyncDisposable {
  readonly cli: InProcessCli;
  /** Writes a file in the working directory. @returns its name */
  write(content: string | Uint8Array, name?: string): Promise<string>;
  /** Writes a file with `mcpServers`. @returns its name */
  mcpServers(servers: object): Promise<string>;
  importFile(file: string, options?: readonly string[], run?: RunOptions): Promise<Imported>;
  shown(name: string): Promise<Record<string, unknown>>;
  /** Whether any command has changed anything. */
  isChanged(): Promise<boolean>;
  /** The types of all events, in order. */
  events(): Promise<string[]>;
}

export async function openImportWorld(): Promise<ImportWorld> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  const db = opened.use(openDatabase({ url: database.url, applicationName: 'test' }));
  const stores = opened.use(keepStores());
  const cli = opened.use(await openInProcessCli(database.url, {}, stores.open));
  const closing = opened.move();

  async function write(content: string | Uint8Array, name = 'mcp.json'): Promise<string> {
    await writeFile(join(cli.folder, name), content);
    return name;
  }

  return {
    cli,
    write,
    mcpServers: (servers) => write(JSON.stringify({ mcpServers: servers })),
    async importFile(file, options = [], run = {}) {
      const { code, stdout, stderr } = await cli.run(['servers', 'import', file, ...options, '--json'], run);
      // The document is described by the interface above.
      return { code, stderr, document: JSON.parse(stdout) as Answer };
    },
    async shown(name) {
      return JSON.parse((await cli.run(['servers', 'show', name, '--json'])).stdout) as Record<string, unknown>;
    },
    async isChanged() {
      const rows = await db.query<{ position: string }>(sql`select position from events limit 1`);
      return rows.length > 0;
    },
    async events() {
      const rows = await db.query<{ type: string }>(sql`select type from audit_events order by position`);
      return rows.map(({ type }) => type);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Gives each test a world without changes. */
export interface PristineWorlds<World> extends AsyncDisposable {
  next(): Promise<World>;
}

/** Opens a world, and another one after a test that has changed it: to open one takes longer than most tests. */
export function pristineWorlds<World extends ImportWorld>(open: () => Promise<World>): PristineWorlds<World> {
  let world: World | undefined;

  async function close(): Promise<void> {
    await world?.[Symbol.asyncDispose]();
    world = undefined;
  }

  return {
    async next() {
      if (await world?.isChanged()) await close();
      return (world ??= await open());
    },
    [Symbol.asyncDispose]: close,
  };
}

/** What was done, or would be, by name. */
export function actions({ document }: Imported): Record<string, string> {
  const servers = document.servers ?? document.error.data.servers;
  return Object.fromEntries(servers.map(({ name, action }) => [name, action]));
}
