import { Refused, Unavailable } from '../../errors/appError.ts';
import type { EventStore, RecordedEvent } from '../../events/eventStore.ts';
import { subjectOf } from '../../events/streamName.ts';
import type { Database } from '../../postgres/database.ts';
import { notifyInvalidation } from '../tables/invalidation.ts';
import { isOf, lockCheckpoints, newestBookmark, readCheckpoints, replaceCheckpoint } from '../tables/checkpoints.ts';
import type { Checkpoint } from '../tables/checkpoints.ts';
import { confirmHistory, type HistorySources } from '../running/confirmHistory.ts';
import { forgetLostStreams, noteVisibility } from '../tables/hiddenStreams.ts';
import { runs, type Projection } from '../tables/projection.ts';
import { vaultKeysForeign } from '../running/pump.ts';
import { openRebuildConnection, type RebuildConnection } from './rebuildConnection.ts';
import { createTableBuilder, type TableBuilder, type BuildProgress } from './tableBuilder.ts';
import {
  analyze,
  compare,
  createShadow,
  findLostHeads,
  hasRows,
  makeEqual,
  releaseLost,
  type LostHeads,
  type Shadow,
} from './shadow.ts';
import { readVisibility } from '../running/streamVisibility.ts';
import { findHeadRevisions, streamHeads } from '../tables/streamHeads.ts';

/** So many streams are named when events are missing. */
const NAMED_STREAMS = 10;

export interface RebuildOptions {
  readonly db: Database;
  readonly store: EventStore;
  /** All of this program's. */
  readonly projections: readonly Projection[];
  readonly batchSize: number;
  /** Checks whether this installation wrote an event, by the hash chain. */
  readonly isGenuine: (event: RecordedEvent) => boolean;
}

/** What a rebuild has come to, and how far it will go. */
export interface RebuildProgress extends BuildProgress {
  /** The last position of the store when it began. */
  readonly last: bigint;
}

export interface RebuildRequest {
  /** Looks, once it is this process's turn, which projections to rebuild; none: nothing is done. */
  readonly choose: (checkpoints: readonly Checkpoint[]) => readonly Projection[];
  /** Goes on when the event store lacks what the read tables contain. */
  readonly acceptLoss: boolean;
  readonly onProgress?: ((progress: RebuildProgress) => void) | undefined;
  /** Called once when another process is rebuilding. */
  readonly onWaiting?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a rebuild found in one table, compared with what the events give. */
export interface RebuiltTable {
  readonly name: string;
  readonly rows: number;
  readonly missing: number;
  readonly different: number;
  readonly surplus: number;
}

export interface RebuildReport {
  /** Events applied. */
  readonly events: number;
  /** The last one's; undefined in an empty store. */
  readonly position: bigint | undefined;
  readonly tables: readonly RebuiltTable[];
  /** Streams of which the store lacks events; only ever some when that was accepted. */
  readonly lost: LostHeads;
  /** All of these. */
  readonly lostStreams: readonly string[];
}

const NOTHING: RebuildReport = {
  events: 0,
  position: undefined,
  tables: [],
  lost: { streams: 0, named: [] },
  lostStreams: [],
};

/**
 * Rebuilds read tables beside the live ones, from the first event on, and then makes the live ones equal to them in one
 * short transaction: readers see the old rows until they see the new ones, and until then everything else goes on. ADR 10.
 * @throws Refused `projection-failed`, `history-lost`, `event-store-empty`, `rebuild-all-needed`; Unavailable; AbortError.
 *   The live tables are then as they were
 */
export async function rebuild(options: RebuildOptions, request: RebuildRequest): Promise<RebuildReport> {
  const { db, store, projections, batchSize, isGenuine } = options;
  const { acceptLoss, onProgress, onWaiting, signal } = request;
  await using connection = await openRebuildConnection({ url: db.url, onWaiting, signal });
  const identity = await store.identity();
  const names = projections.map(({ name }) => name);
  const before = await readCheckpoints(db, names);
  const chosen = request.choose(before);
  if (chosen.length === 0) return NOTHING;
  const last = await store.end();
  const trusted = before.every((each) => isOf(each, identity)) && (await isConfirmed({ db, store }, before));
  if (!trusted && chosen.length < projections.length) throw rebuildAllNeeded();

  // stream_heads shows whether events are missing, so it is made in any case.
  const tables = [streamHeads, ...chosen.filter(({ table, name }) => table && name !== streamHeads.name)];
  const heads = await createShadow(connection, streamHeads.name);
  const shadows = [heads];
  for (const { name } of tables.slice(1)) shadows.push(await createShadow(connection, name));
  const builderOf = (some: readonly Projection[]): TableBuilder =>
    createTableBuilder({
      connection,
      store,
      projections: some,
      batchSize,
      isGenuine,
      signal,
      onProgress: (progress) => onProgress?.({ ...progress, last: last ?? progress.position }),
    });
  const findLoss = async (): Promise<readonly string[]> => {
    if (!acceptLoss && newestBookmark(before) === undefined && builder.isGenuine === false) throw vaultKeysForeign();
    if (!acceptLoss && builder.bookmark === undefined) await refuseToEmpty(connection, shadows);
    // In the same history, what was appended since is no loss.
    const upTo = trusted ? builder.position : undefined;
    const lost = await findLostHeads(connection, heads, upTo);
    const known = await findHeadRevisions(db, [...builder.broken]);
    const unknown = [...builder.broken].filter((stream) => !known.has(stream));
    const all = [...lost, ...unknown];
    if (all.length > 0 && !acceptLoss) throw historyLost(summary(all));
    return all;
  };

  const involved = chosen.map(({ name }) => name);
  const builder = builderOf(tables);
  // Until what is left fits into the transaction that holds everyone up.
  while ((await builder.catchUp(goal(projections, identity, await readCheckpoints(db, involved)))) >= batchSize);
  for (const shadow of shadows) await analyze(connection, shadow);
  // What has no table has no shadow: it takes effect at once, so nothing of it happens before the store is trusted.
  const tableless = chosen.filter(({ table }) => !table);
  const others = builderOf(tableless);
  const catchUpOthers = async (): Promise<void> => {
    if (tableless.length > 0) await others.catchUp(builder.position ?? 'end');
  };
  await findLoss();
  await catchUpOthers();

  return await connection.transaction(async () => {
    const checkpoints = await lockCheckpoints(connection, involved);
    await builder.catchUp(goal(projections, identity, checkpoints));
    const lostStreams = await findLoss();
    if (acceptLoss) await releaseLost(connection, heads);
    await catchUpOthers();
    const rebuilt: RebuiltTable[] = [];
    for (const shadow of shadows) {
      if (!chosen.some(({ name }) => name === shadow.name)) continue;
      const { first, ...differences } = await compare(connection, shadow);
      if (first !== undefined) await makeEqual(connection, shadow);
      rebuilt.push({ name: shadow.name, ...differences });
    }
    const { position, bookmark, events } = builder;
    for (const { name, version } of chosen) {
      await replaceCheckpoint(connection, { projection: name, version, position, bookmark, store: identity });
    }
    for (const stream of builder.touched) {
      if (subjectOf(stream) !== undefined)
        await noteVisibility(connection, stream, await readVisibility(store, stream));
    }
    if (acceptLoss) await forgetLostStreams(connection);
    const differed = rebuilt.some(({ missing, different, surplus }) => missing + different + surplus > 0);
    const moved = checkpoints.some((checkpoint) => checkpoint.store !== identity);
    if (differed || moved) await notifyInvalidation(connection, { all: true });
    return { events, position, tables: rebuilt, lost: summary(lostStreams), lostStreams };
  });
}

/**
 * How far to build: to where the live tables stand, so that they can be compared there; or to the end of the store,
 * when they do not all stand at one place of it.
 */
function goal(
  projections: readonly Projection[],
  identity: string,
  checkpoints: readonly Checkpoint[],
): bigint | 'end' {
  return (standTogether(projections, identity, checkpoints) ? checkpoints[0]?.position : undefined) ?? 'end';
}

/** Checks whether live tables are what this program makes of the events of this store up to one and the same position. */
export function standTogether(
  projections: readonly Projection[],
  identity: string,
  checkpoints: readonly Checkpoint[],
): boolean {
  const [first] = checkpoints;
  return checkpoints.every(
    (each) => runs(projections, each) && each.built && isOf(each, identity) && each.position === first?.position,
  );
}

async function isConfirmed(sources: HistorySources, checkpoints: readonly Checkpoint[]): Promise<boolean> {
  try {
    await confirmHistory(sources, checkpoints);
    return true;
  } catch (error) {
    if (error instanceof Unavailable && error.code === 'event-store-behind') return false;
    throw error;
  }
}

/** @throws Refused `event-store-empty` when a live table has rows */
async function refuseToEmpty(connection: RebuildConnection, shadows: readonly Shadow[]): Promise<void> {
  for (const shadow of shadows) {
    if (!(await hasRows(connection, shadow))) continue;
    throw new Refused(
      'event-store-empty',
      'The event store is empty, but the read tables are not. Check EVENT_STORE_URL; to take the events along from the store ' +
        'before, run: metamcp-cli db copy-events. --accept-loss empties the tables.',
    );
  }
}

function summary(streams: readonly string[]): LostHeads {
  return { streams: streams.length, named: streams.slice(0, NAMED_STREAMS) };
}

/** Tables of two stores side by side could never be recognised as such again. */
function rebuildAllNeeded(): Refused {
  return new Refused(
    'rebuild-all-needed',
    'The event store is not the one that the read tables were built from, or an older state of it: rebuild all of ' +
      'them, without naming any.',
  );
}

function historyLost({ streams, named }: LostHeads): Refused {
  return new Refused(
    'history-lost',
    `The event store lacks the last events, as the read tables know them, of ${streams} ` +
      `${streams === 1 ? 'stream' : 'streams'}: ${named.join(', ')}${streams > named.length ? ', …' : ''}. Restore ` +
      'its newest backup, or look with metamcp-cli audit verify; --accept-loss goes on without those events.',
    { data: { streams, named } },
  );
}
