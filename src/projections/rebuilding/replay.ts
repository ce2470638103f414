import { Refused, Unavailable } from '../../errors/appError.ts';
import type { Database } from '../../postgres/database.ts';
import { readCheckpoints } from '../tables/checkpoints.ts';
import { standTogether, type RebuildOptions, type RebuildProgress } from './rebuild.ts';
import { openRebuildConnection } from './rebuildConnection.ts';
import { createTableBuilder } from './tableBuilder.ts';
import {
  analyze,
  compare,
  createShadow,
  createShadowSchema,
  dropShadowSchema,
  type Differences,
  type Shadow,
} from './shadow.ts';

/** Names that need no quoting anywhere: people are going to type them. `pg_` is PostgreSQL's own. */
const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;

export interface ReplayRequest {
  /** Where the tables are made: a schema that is empty or does not exist. */
  readonly schema: string;
  /** Leaves the tables for a look also when they are equal. */
  readonly keep: boolean;
  readonly onProgress?: ((progress: RebuildProgress) => void) | undefined;
  readonly onWaiting?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A live table compared with what the events give. */
export interface ReplayedTable extends Differences {
  readonly name: string;
  /** Rows that are the same. */
  readonly equal: number;
}

export interface ReplayReport {
  /** Events applied. */
  readonly events: number;
  /** Where the tables were compared; undefined in an empty store. */
  readonly position: bigint | undefined;
  readonly equal: boolean;
  readonly tables: readonly ReplayedTable[];
  /** The tables are still there. */
  readonly kept: boolean;
}

/**
 * Applies the history to tables of its own, in a schema of that name, and compares the live ones with them, at one
 * position and without holding anyone up. What has no table takes no part: nothing is shredded.
 * @throws Refused `schema-not-empty`, `schema-name-invalid`, `projection-failed`; Unavailable; AbortError
 */
export async function replay(options: RebuildOptions, request: ReplayRequest): Promise<ReplayReport> {
  const { schema, keep } = request;
  if (!SCHEMA.test(schema)) {
    throw new Refused('schema-name-invalid', 'A schema is named by lower-case letters, digits and underscores.');
  }
  const made = { schema: false };
  try {
    const { events, position, tables } = await replayInto(options, request, made);
    const equal = tables.every(({ first }) => first === undefined);
    const kept = keep || !equal;
    if (!kept) await dropShadowSchema(options.db, schema);
    return { events, position, equal, tables, kept };
  } catch (error) {
    if (made.schema) await discard(options.db, schema);
    throw error;
  }
}

async function replayInto(
  { db, store, projections, batchSize, isGenuine }: RebuildOptions,
  { schema, onProgress, onWaiting, signal }: ReplayRequest,
  made: { schema: boolean },
): Promise<Pick<ReplayReport, 'events' | 'position' | 'tables'>> {
  await using connection = await openRebuildConnection({ url: db.url, onWaiting, signal });
  const withTables = projections.filter(({ table }) => table);
  const names = withTables.map(({ name }) => name);
  const identity = await store.identity();
  const last = await store.end();
  made.schema = await createShadowSchema(connection, schema);
  if (!made.schema) {
    throw new Refused('schema-not-empty', `The schema ${schema} holds something. Name another one, or drop it first.`);
  }
  const shadows: Shadow[] = [];
  for (const name of names) shadows.push(await createShadow(connection, name, schema));
  const applied = createTableBuilder({
    connection,
    store,
    projections: withTables,
    batchSize,
    isGenuine,
    signal,
    onProgress: (progress) => onProgress?.({ ...progress, last: last ?? progress.position }),
  });

  /** Replays to where the live tables stand. */
  async function catchUp(): Promise<number> {
    const checkpoints = await readCheckpoints(connection, names);
    if (checkpoints.length < names.length || !standTogether(projections, identity, checkpoints)) throw notComparable();
    const reached = checkpoints[0]?.position;
    return reached === undefined ? 0 : applied.catchUp(reached);
  }

  while ((await catchUp()) >= batchSize);
  for (const shadow of shadows) await analyze(connection, shadow);
  // One snapshot of checkpoints and tables: what is appended and applied meanwhile is not in it.
  return await connection.transaction(async () => {
    await catchUp();
    const tables: ReplayedTable[] = [];
    for (const shadow of shadows) {
      const found = await compare(connection, shadow);
      tables.push({ name: shadow.name, ...found, equal: found.rows - found.missing - found.different });
    }
    return { events: applied.events, position: applied.position, tables };
  }, 'repeatable read');
}

/** The failure that is being reported matters more than what is left behind. */
async function discard(db: Database, schema: string): Promise<void> {
  await dropShadowSchema(db, schema).catch(() => undefined);
}

function notComparable(): Unavailable {
  return new Unavailable(
    'projections-apart',
    'The read tables do not stand at one place of this event store, so they can’t be compared: one is stopped or being ' +
      'rebuilt. See: metamcp-cli db status',
  );
}
