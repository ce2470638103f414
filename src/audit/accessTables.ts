import { Refused } from '../errors/appError.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { beginsStream } from '../events/knownEvent.ts';
import { mcpCatalogueStream } from '../events/mcpCatalogue.ts';
import { mcpServerStream } from '../events/mcpServer.ts';
import { subjectOf, apiKeyStream } from '../events/streamName.ts';
import type { Database } from '../postgres/database.ts';
import { apiKeys } from '../projections/tables/apiKeysProjection.ts';
import { approvedTools } from '../projections/tables/approvedTools.ts';
import { keyRoles } from '../projections/tables/keyRolesProjection.ts';
import { keyRoleStream } from '../events/keyRole.ts';
import { hasReached, readCheckpoints } from '../projections/tables/checkpoints.ts';
import { mcpServers } from '../projections/tables/mcpServersProjection.ts';
import type { Projection } from '../projections/tables/projection.ts';
import { standTogether } from '../projections/rebuilding/rebuild.ts';
import { openRebuildConnection, type RebuildConnection } from '../projections/rebuilding/rebuildConnection.ts';
import { retiredStreams } from '../projections/tables/retiredStreams.ts';
import { applyApart } from '../projections/rebuilding/tableBuilder.ts';
import { analyze, compare, createShadow, type Shadow } from '../projections/rebuilding/shadow.ts';
import { listUnreadable } from '../projections/tables/unreadableEvents.ts';
import { unreadableEvents } from '../projections/tables/unreadableEventsProjection.ts';
import type { Fault } from './fault.ts';
import type { StreamTable } from './streamTable.ts';

/** The tables that calls are checked against, by what a row of each is about. */
const TABLES: readonly { readonly projection: Projection; readonly streamOf: (key: string) => string }[] = [
  { projection: apiKeys, streamOf: apiKeyStream },
  { projection: keyRoles, streamOf: keyRoleStream },
  { projection: mcpServers, streamOf: mcpServerStream },
  { projection: approvedTools, streamOf: mcpCatalogueStream },
  { projection: retiredStreams, streamOf: (stream) => stream },
  { projection: unreadableEvents, streamOf: (stream) => stream },
];
const PROJECTIONS = TABLES.map(({ projection }) => projection);

/** Events applied at once: of one key's most overwrite each other, so that a large batch is little work. */
const BATCH = 2_000;

export interface AccessTablesOptions {
  readonly db: Database;
  readonly events: EventStore;
  readonly streams: StreamTable;
  readonly signal: AbortSignal | undefined;
}

/** Why the tables could not be compared, in a sentence. */
export interface NotCompared {
  readonly why: string;
}

/** What the history makes of the tables that calls are checked against, in temporary tables beside them. */
export interface AccessTables extends AsyncDisposable {
  /** Takes the next event of ours. Memory holds one batch of them. */
  take(recorded: RecordedEvent): Promise<void>;
  /** Compares the live tables with the history, which was taken up to a position. */
  compare(upTo: bigint, identity: string): Promise<Fault | NotCompared | undefined>;
}

/** Makes the tables; the connection that has them is its own. @returns why not, when the database does not allow it */
export async function openAccessTables(options: AccessTablesOptions): Promise<AccessTables | NotCompared> {
  await using opened = new AsyncDisposableStack();
  const connection = opened.use(
    await openRebuildConnection({ url: options.db.url, signal: options.signal, turn: false }),
  );
  const shadows: Shadow[] = [];
  try {
    for (const { name } of PROJECTIONS) shadows.push(await createShadow(connection, name));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { why: `It takes temporary tables. ${error.message}` };
  }
  const closing = opened.move();
  return make(options, connection, shadows, closing);
}

function make(
  { events, streams, signal }: AccessTablesOptions,
  connection: RebuildConnection,
  shadows: readonly Shadow[],
  closing: AsyncDisposableStack,
): AccessTables {
  let batch: RecordedEvent[] = [];
  /** The batch before is applied while the next one is checked. */
  let applying = Promise.resolve();

  async function flush(): Promise<void> {
    const full = batch;
    batch = [];
    await applying;
    applying = apply(connection, full);
    // The next `await applying` throws what it throws.
    applying.catch(() => undefined);
  }

  /** Goes on to where the live tables are: others may have appended meanwhile. */
  async function catchUp(after: bigint, upTo: bigint): Promise<void> {
    const begun = new Set<string>();
    for await (const entry of events.scan({ after, signal })) {
      if (entry.position > upTo) break;
      if (entry.kind !== 'event' || subjectOf(entry.event.stream) === undefined) continue;
      const { stream } = entry.event;
      if (streams.find(stream) === undefined && !begun.has(stream)) {
        if (!beginsStream(entry.event)) continue;
        begun.add(stream);
      }
      batch.push(entry.event);
      if (batch.length >= BATCH) await flush();
    }
    await flush();
    await applying;
  }

  return {
    async take(recorded) {
      batch.push(recorded);
      if (batch.length >= BATCH) await flush();
    },
    async compare(upTo, identity) {
      await flush();
      await applying;
      for (const shadow of shadows) await analyze(connection, shadow);
      // One snapshot of checkpoints and tables: what is applied meanwhile is not in it.
      return connection.transaction(async () => {
        const names = PROJECTIONS.map(({ name }) => name);
        const checkpoints = await readCheckpoints(connection, names);
        const reached = checkpoints[0]?.position;
        const comparable = checkpoints.length === names.length && standTogether(PROJECTIONS, identity, checkpoints);
        if (!comparable || reached === undefined || !hasReached({ position: reached }, upTo)) {
          return { why: 'They do not stand at one place behind what was verified: metamcp-cli db status' };
        }
        await catchUp(upTo, reached);
        return (await firstDifference(connection, shadows, streams)) ?? (await firstUnreadable(connection));
      }, 'repeatable read');
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function apply(connection: RebuildConnection, events: readonly RecordedEvent[]): Promise<void> {
  if (events.length === 0) return;
  for (const projection of PROJECTIONS) await applyApart(connection, projection, events);
}

async function firstDifference(
  connection: RebuildConnection,
  shadows: readonly Shadow[],
  streams: StreamTable,
): Promise<Fault | undefined> {
  for (const [i, { streamOf }] of TABLES.entries()) {
    const shadow = shadows[i];
    if (shadow === undefined) continue;
    const { first, missing, different, surplus } = await compare(connection, shadow);
    if (first === undefined) continue;
    const stream = streamOf(first[0] ?? '');
    const row = streams.find(stream);
    const counts = [`${missing} missing`, `${different} different`, `${surplus} too many`].join(', ');
    const meaning =
      `The table ${shadow.name}, which calls are checked against, is not what the events give (rows: ${counts}): it was ` +
      'edited, and decides otherwise than the history says. To put it right: metamcp-cli db rebuild';
    return {
      kind: 'table-mismatch',
      stream,
      revision: row === undefined ? undefined : streams.end(row).revision,
      meaning,
    };
  }
  return undefined;
}

/** Finds an event that can be read, but that no table can take. */
async function firstUnreadable(connection: RebuildConnection): Promise<Fault | undefined> {
  const [row] = await listUnreadable(connection, 1);
  if (row === undefined) return undefined;
  const { stream, revision, position, reason } = row;
  const meaning =
    `No table can take this event (${reason}): its key or server is unusable, and its role gives nothing meanwhile. To have it passed by: ` +
    `metamcp-cli db skip ${stream}@${revision} --reason …`;
  return { kind: 'unreadable', stream, revision, position: BigInt(position), meaning };
}
