import { AppError, Unavailable } from '../../errors/appError.ts';
import type { Queryable } from '../../postgres/database.ts';
import { fromRejection, sqlStateOf } from '../../postgres/rejection.ts';
import { sql } from '../../postgres/sql.ts';
import { eventIdTaken, wrongExpectedRevision } from '../appendConflict.ts';
import type { EncodedEvent } from '../encodeEvents.ts';
import type { AppendResult, ExpectedRevision } from '../eventStore.ts';

/** One caller's append. */
export interface Append {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
}

/**
 * SQLSTATEs after which nothing was appended and a later try may succeed: rolled back (40), no room or another resource (53),
 * lock_timeout (55P03), statement_timeout (57014), a read-only standby (25006). PostgreSQL, appendix A.
 */
const NOT_NOW = /^(40...|53...|55P03|57014|25006)$/;

interface Row {
  outcome: string | null;
  at_revision: number | null;
  at_position: string | null;
}

/**
 * Appends a batch in one transaction, each append on its own merits.
 * @returns what became of each append, in their order
 * @throws Unavailable when the outcome is unknown; `append-not-now` when nothing was appended; a pg.DatabaseError likewise
 */
export async function appendBatch(db: Queryable, batch: readonly Append[]): Promise<(AppendResult | AppError)[]> {
  const rows = await db
    .query<Row>(sql`select a.outcome, a.at_revision, a.at_position from append_events(${encodeBatch(batch)}) a`)
    .catch((error: unknown) => {
      if (!NOT_NOW.test(sqlStateOf(error) ?? '')) throw error;
      const said = fromRejection(error);
      const why = said instanceof AppError ? ` ${said.message}` : '';
      throw new Unavailable('append-not-now', `PostgreSQL did not take the append.${why}`, { cause: error });
    });
  return batch.map((append, i) => outcomeOf(append, rows[i]));
}

/** The parts are JSON already, and large: they are joined, not parsed and written again. */
function encodeBatch(batch: readonly Append[]): string {
  const appends = batch.map(({ stream, expected, events }) => {
    const revision = expected === 'no-stream' ? -1 : expected;
    return `{"stream":${JSON.stringify(stream)},"expected":${revision},"events":[${events.map(encodeEvent).join()}]}`;
  });
  return `[${appends.join()}]`;
}

function encodeEvent({ id, type, data, metadata }: EncodedEvent): string {
  return `{"id":"${id}","type":${JSON.stringify(type)},"data":${data},"metadata":${metadata}}`;
}

function outcomeOf({ stream, expected }: Append, row: Row | undefined): AppendResult | AppError {
  const { outcome, at_revision: revision, at_position: position } = row ?? {};
  if (outcome === 'appended' && typeof revision === 'number' && typeof position === 'string') {
    return { revision, position: BigInt(position) };
  }
  if (typeof revision === 'number') {
    const conflict = { stream, expected, actual: revision === -1 ? ('no-stream' as const) : revision };
    if (outcome === 'conflict') return wrongExpectedRevision(conflict);
    if (outcome === 'id-taken') return eventIdTaken(conflict);
  }
  throw new Error('append_events() answered something else than it should');
}
