import type { Queryable } from '../postgres/database.ts';
import { listStreamHistory } from '../projections/tables/auditEvents.ts';
import { findStreamHead } from '../projections/tables/streamHeads.ts';

/** Streams remembered at most: another program with more of them costs a look into the tables for each event. */
const REMEMBERED = 10_000;

/** Distinguishes streams of other programs with names like ours from ours that lost their beginning. */
export class Strangers {
  readonly #db: Queryable;
  readonly #streams = new Set<string>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Checks whether no table knows a stream whose beginning is not one of ours. */
  async own(stream: string): Promise<boolean> {
    if (this.#streams.has(stream)) return true;
    if (await isInTables(this.#db, stream)) return false;
    if (this.#streams.size < REMEMBERED) this.#streams.add(stream);
    return true;
  }
}

/** Checks whether the read tables know a stream. */
export async function isInTables(db: Queryable, stream: string): Promise<boolean> {
  if ((await findStreamHead(db, stream)) !== undefined) return true;
  return (await listStreamHistory(db, stream, { limit: 1 })).length > 0;
}
