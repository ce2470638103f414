import { Unavailable } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import { untilAborted } from '../events/untilAborted.ts';
import type { Database } from '../postgres/database.ts';
import { listTrail } from '../projections/tables/auditEvents.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import type { Fault } from './fault.ts';

export interface AuditedTablesOptions {
  readonly events: EventStore;
  readonly db: Database;
  readonly projections: ProjectionRunner;
  readonly signal: AbortSignal | undefined;
}

/** The read tables, as far as they can be compared with the history. */
export interface AuditedTables {
  /** The last position to verify. */
  readonly upTo: bigint | undefined;
  /** How far a table is, but not beyond `upTo`. */
  reached(table: string): bigint | undefined;
  /** Why some tables are not current. */
  readonly stopped: Unavailable | undefined;
  /** Finds the first event of the tables that lies beyond the end of the history. */
  beyondTheEnd(): Promise<Fault | undefined>;
}

/** Errors that keep read tables from being current, but not from being compared as far as they are. */
const NOT_CURRENT: ReadonlySet<string> = new Set([
  'projection-stopped',
  'projection-outdated',
  'projection-behind',
  'event-store-behind',
  'event-store-changed',
  'vault-keys-foreign',
]);

/** The tables are of another history: no position in them means anything in this one. */
const OF_ANOTHER_HISTORY = 'event-store-changed';

/** Brings the read tables up to the end of the history, as far as that goes: what was tampered with may be in the way. */
export async function bringUpToDate(options: AuditedTablesOptions): Promise<AuditedTables> {
  const { events, db, projections, signal } = options;
  await asFarAsItGoes(signal, async () => {
    await projections.upgrade(signal === undefined ? {} : { signal });
    await projections.pump();
  });
  const upTo = await events.end();
  const stopped = await asFarAsItGoes(signal, () => projections.pump(upTo));
  const isOther = stopped?.code === OF_ANOTHER_HISTORY;
  const after = new Map((await projections.status()).map(({ name, position }) => [name, position]));
  return {
    upTo,
    stopped,
    reached(table) {
      const position = isOther ? undefined : after.get(table);
      return position !== undefined && upTo !== undefined && position > upTo ? upTo : position;
    },
    async beyondTheEnd() {
      if (isOther) return undefined;
      const [row] = await listTrail(db, { after: upTo === undefined ? undefined : String(upTo), limit: 1 });
      if (row === undefined) return undefined;
      const { stream, revision } = row;
      const position = BigInt(row.position);
      // It may have happened since.
      for await (const found of events.readStream(stream, { from: revision, limit: 1 })) {
        if (found.position === position) return undefined;
      }
      const meaning = 'The end of the whole history was cut off: the table audit_events goes on with this event.';
      return { kind: 'truncated', stream, revision, position, meaning };
    },
  };
}

/** @returns why it went no further */
async function asFarAsItGoes(
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
): Promise<Unavailable | undefined> {
  try {
    // A pump takes no signal: an abort does not wait for what the pump has under way.
    await (signal === undefined ? work() : untilAborted(work(), signal));
    signal?.throwIfAborted();
    return undefined;
  } catch (error) {
    if (error instanceof Unavailable && NOT_CURRENT.has(error.code)) return error;
    throw error;
  }
}
