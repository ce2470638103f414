import { Unavailable } from '../../../src/errors/appError.ts';
import { migrationStatus, type Migration } from '../../../src/postgres/migrate.ts';
import type { ProjectionStatus } from '../../../src/projections/projectionStatus.ts';
import type { Cli } from '../../cli.ts';
import { escape } from '../../../src/escape.ts';
import type { Output } from '../../output/output.ts';
import { NO_NAMES, type KeyNames } from '../../views/keyView.ts';
import { listStreamFaults, namesInFaults, streamTitle, type StreamFault } from './streamFaults.ts';
import { layOutTable, type Cell } from '../../output/table.ts';

interface ReadTables {
  /** Of the last event; undefined before the first. */
  readonly lastPosition: bigint | undefined;
  readonly projections: readonly ProjectionStatus[];
  /** Why the event store can't be used, or does not fit the read tables. */
  readonly storeFault: string | undefined;
  readonly faults: readonly StreamFault[];
  readonly names: KeyNames;
}

/** Shows the state of the database. The read tables are looked at only when all migrations are applied. */
export async function showDatabaseStatus(cli: Cli): Promise<void> {
  await cli.withDatabase(async ({ db, settings }) => {
    const migrations = await migrationStatus(db);
    const pending = migrations.filter(({ appliedAt }) => appliedAt === undefined).length;
    const tables = pending > 0 ? undefined : await readTables(cli);
    const embedded = settings.databaseUrl === undefined;
    await cli.output.answer(
      { embedded, pending, migrations: migrations.map(migrationJson), ...tablesJson(tables) },
      () => formatStatus(cli.output, embedded ? `embedded, in ${settings.home}` : 'DATABASE_URL', migrations, tables),
    );
  });
}

function readTables(cli: Cli): Promise<ReadTables> {
  return cli.withStores(
    async ({ stores: { db, events, projections } }) => {
      // Whoever asks how things are wants the rest, too, when the event store is what is wrong.
      let storeFault: string | undefined;
      const noteFault = (error: unknown): undefined => {
        if (!(error instanceof Unavailable)) throw error;
        storeFault ??= projections.storeFault ?? error.message;
      };
      await projections.verifyStore().catch(noteFault);
      const faults = await listStreamFaults(db);
      return {
        lastPosition: await events.end().catch(noteFault),
        projections: await projections.status(),
        storeFault,
        faults,
        names: await namesInFaults(db, faults),
      };
    },
    { readTables: 'as they are' },
  );
}

function migrationJson({ name, appliedAt }: Migration): object {
  return { name, ...(appliedAt === undefined ? {} : { applied_at: appliedAt }) };
}

/** Positions are strings: they may be larger than JSON's numbers are exact. */
function tablesJson(tables: ReadTables | undefined): object {
  if (tables === undefined) return {};
  return {
    ...positionJson('last_position', tables.lastPosition),
    ...(tables.storeFault === undefined ? {} : { event_store_fault: tables.storeFault }),
    projections: tables.projections.map(({ name, version, position, stoppedReason, outdated, built }) => ({
      name,
      version,
      ...positionJson('position', position),
      outdated,
      built,
      ...(stoppedReason === undefined ? {} : { stopped_reason: stoppedReason }),
    })),
    faults: tables.faults,
  };
}

function positionJson(member: string, position: bigint | undefined): object {
  return position === undefined ? {} : { [member]: String(position) };
}

function formatStatus(
  output: Output,
  where: string,
  migrations: readonly Migration[],
  tables: ReadTables | undefined,
): string {
  const applied = migrations.map(({ name, appliedAt }): Cell[] => [
    { text: name },
    appliedAt === undefined ? { text: 'pending: metamcp-cli db migrate', style: 'yellow' } : { text: appliedAt },
  ]);
  const followed = (tables?.projections ?? []).map((table): Cell[] => [
    { text: table.name },
    { text: table.position === undefined ? '–' : String(table.position) },
    stateOf(table),
  ]);
  return [
    `Database: ${escape(where)}`,
    '',
    ...table(output, ['MIGRATION', 'APPLIED'], applied),
    ...(tables?.storeFault === undefined ? [] : ['', output.paint('red', tables.storeFault)]),
    ...(tables === undefined ? [] : ['', ...table(output, ['READ TABLE', 'POSITION', 'STATE'], followed)]),
    ...(tables?.faults ?? []).flatMap((fault) => ['', ...faultLines(output, fault, tables?.names ?? NO_NAMES)]),
  ].join('\n');
}

function faultLines(output: Output, { stream, meaning, remedy }: StreamFault, names: KeyNames): string[] {
  const line = output.paint('red', `${streamTitle(stream, names)} can’t be used: ${escape(meaning)}`);
  return remedy === undefined ? [line] : [line, `  ${remedy}`];
}

function stateOf({ stoppedReason, outdated, built }: ProjectionStatus): Cell {
  if (stoppedReason !== undefined) return { text: `stopped: ${escape(stoppedReason)}`, style: 'red' };
  if (outdated) return { text: 'of an older version: will be rebuilt', style: 'yellow' };
  return built ? { text: 'running', style: 'green' } : { text: 'not built yet', style: 'yellow' };
}

function table(output: Output, titles: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const columns = titles.map((title) => ({ title, min: 8 }));
  const { header, row } = layOutTable(columns, rows, output);
  return [header, ...rows.map((cells) => row(cells))];
}
