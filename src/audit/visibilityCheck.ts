import { Unavailable } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';
import { subjectOf } from '../events/streamName.ts';
import type { Queryable } from '../postgres/database.ts';
import { listHiddenStreams } from '../projections/tables/hiddenStreams.ts';
import type { Fault } from './fault.ts';
import type { StreamTable } from './streamTable.ts';
import { isInTables } from './strangers.ts';

/** Rows read at once. */
const PAGE = 500;

export interface VisibilityCheckOptions {
  readonly events: EventStore;
  readonly db: Queryable;
  readonly streams: StreamTable;
  readonly signal: AbortSignal | undefined;
}

/** Finds streams of ours that an operator of the event store has hidden or deleted. */
export interface VisibilityCheck {
  /** Takes note of a change of what the store shows of a stream. */
  note(stream: string, position: bigint): void;
  /** Looks at every stream that was noted, now or by the read tables. */
  end(): Promise<Fault | undefined>;
  /** Replaces a fault that an operator of the store has caused by one that names this cause. @returns it, or `fault` */
  explain(fault: Fault): Promise<Fault>;
}

/** Makes the check. */
export function createVisibilityCheck({ events, db, streams, signal }: VisibilityCheckOptions): VisibilityCheck {
  /** The newest change of each. Few: an operator makes them one by one. */
  const noted = new Map<string, bigint>();

  async function look(stream: string, position: bigint | undefined): Promise<Fault | undefined> {
    const visibility = await events.visibility(stream);
    if (visibility === 'hidden') return { kind: 'hidden', stream, revision: 0, position, meaning: HIDDEN };
    if (visibility === 'removed') return { kind: 'deleted', stream, revision: 0, position, meaning: DELETED };
    return undefined;
  }

  async function isOurs(stream: string): Promise<boolean> {
    if (subjectOf(stream) === undefined) return false;
    return streams.find(stream) !== undefined || (await isInTables(db, stream));
  }

  /** Finds the position at which the visibility of a stream was changed; undefined when it never was. */
  async function changeOf(stream: string): Promise<bigint | undefined> {
    const position = noted.get(stream);
    if (position !== undefined) return position;
    for await (const entry of events.scan({ signal })) {
      if (entry.kind === 'visibility' && entry.stream === stream) return entry.position;
    }
    return undefined;
  }

  return {
    note: (stream, position) => void noted.set(stream, position),
    async end() {
      for (const [stream, position] of noted) {
        signal?.throwIfAborted();
        const fault = (await isOurs(stream)) ? await look(stream, position) : undefined;
        if (fault !== undefined) return fault;
      }
      for (let after: string | undefined; ;) {
        const page = await listHiddenStreams(db, { after, limit: PAGE });
        for (const { stream } of page) {
          signal?.throwIfAborted();
          const fault = (await isOurs(stream)) ? await look(stream, noted.get(stream)) : undefined;
          if (fault !== undefined) return fault;
        }
        if (page.length < PAGE) return undefined;
        after = page.at(-1)?.stream;
      }
    },
    async explain(fault) {
      if (!MAY_BE_AN_OPERATOR.has(fault.kind)) return fault;
      try {
        const found = await look(fault.stream, undefined);
        if (found === undefined) return fault;
        const position = await changeOf(fault.stream);
        // Events that are gone without any such change are no operator's work: rows of PostgreSQL, for one.
        if (position === undefined && found.kind === 'hidden') return fault;
        return { ...found, position };
      } catch (error) {
        // A store that was tampered with may fail to read the stream at all: the fault is found all the same.
        if (error instanceof Unavailable) return fault;
        throw error;
      }
    },
  };
}

/** Faults that a deletion looks like once the event store has cleaned up behind it. */
const MAY_BE_AN_OPERATOR: ReadonlySet<string> = new Set(['removed', 'truncated', 'reordered', 'trail-mismatch']);

const HIDDEN =
  'Whoever runs the event store has deleted the stream softly, or set a limit on it ($maxCount, $maxAge, $tb): its beginning ' +
  'is not shown any more, its key, role or server is unusable, and the next scavenge destroys what is hidden. Undo it before ' +
  'that: write the stream’s metadata without the limit ({}); after a soft deletion write {} twice.';

const DELETED =
  'Whoever runs the event store has deleted the stream for good (a tombstone): its key, role or server is unusable. The way back ' +
  'is a backup of the event store; to go on without it, start the server with --unsafe-ignore-hard-delete, scavenge ' +
  'with the threshold -1, start it normally, and run: metamcp-cli db rebuild --accept-loss';
