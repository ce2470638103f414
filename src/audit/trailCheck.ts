import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { Queryable } from '../postgres/database.ts';
import { listTrail, type AuditEventRow } from '../projections/tables/auditEvents.ts';
import { auditRow } from '../projections/tables/auditEventsProjection.ts';
import { findStreamHead } from '../projections/tables/streamHeads.ts';
import type { KnownEvent } from '../events/knownEvent.ts';
import type { Fault } from './fault.ts';

/** Rows read at once. */
const PAGE = 500;

export interface TrailCheckOptions {
  readonly db: Queryable;
  readonly events: EventStore;
  /** As far as the table has come. */
  readonly upTo: bigint | undefined;
}

/**
 * Compares the table audit_events with the history, side by side in position order. It finds what the chains alone can't:
 * a stream cut and grown again, events of different streams that changed places, and an audit trail that was embellished.
 */
export interface TrailCheck {
  /** Finds a row before `position`, which no event has come to match. */
  before(position: bigint): Promise<Fault | undefined>;
  /** Compares the next row with its event. */
  match(event: KnownEvent): Promise<Fault | undefined>;
  /** Finds a row after the last event. */
  end(): Promise<Fault | undefined>;
}

/** Makes the comparison. */
export function createTrailCheck({ db, events, upTo }: TrailCheckOptions): TrailCheck {
  let page: AuditEventRow[] = [];
  let at = 0;
  let read = false;

  async function next(): Promise<AuditEventRow | undefined> {
    if (at === page.length && !(read && page.length < PAGE)) {
      page = await listTrail(db, { after: page.at(-1)?.position, limit: PAGE });
      at = 0;
      read = true;
    }
    const row = page[at];
    return row !== undefined && upTo !== undefined && BigInt(row.position) <= upTo ? row : undefined;
  }

  async function withoutEvent({ stream, revision, position }: AuditEventRow): Promise<Fault> {
    for await (const found of events.readStream(stream, { from: revision, limit: 1 })) {
      if (found.revision !== revision) break;
      const meaning = `The event stands at position ${found.position} now: the order was changed, or the table audit_events.`;
      return { kind: 'reordered', stream, revision, position: BigInt(position), meaning };
    }
    const head = await findStreamHead(db, stream);
    if (head !== undefined && head.revision >= revision) {
      const meaning = 'The event is gone from the event store; the tables audit_events and stream_heads still know it.';
      return { kind: 'removed', stream, revision, position: BigInt(position), meaning };
    }
    const meaning =
      'The table audit_events shows an event that the history does not have: the event was removed, or the row made up.';
    return { kind: 'trail-mismatch', stream, revision, position: BigInt(position), meaning };
  }

  return {
    async before(position) {
      const row = await next();
      return row !== undefined && BigInt(row.position) < position ? withoutEvent(row) : undefined;
    },
    async match(event) {
      const { stream, revision, position } = event;
      if (upTo === undefined || position > upTo) return undefined;
      const row = await next();
      if (row === undefined || BigInt(row.position) !== position) {
        const meaning = 'The table audit_events lacks this event: its row was removed.';
        return { kind: 'trail-mismatch', stream, revision, position, meaning };
      }
      at += 1;
      if (isSame(row, auditRow(event))) return undefined;
      if (row.stream !== stream || row.revision !== revision) return withoutEvent(row);
      const meaning =
        row.id === event.id
          ? 'The event is genuine, but its row in the table audit_events was edited.'
          : 'The table audit_events remembers another event here: the end of the stream was cut off and written anew.';
      return { kind: 'trail-mismatch', stream, revision, position, meaning };
    },
    async end() {
      const row = await next();
      return row === undefined ? undefined : withoutEvent(row);
    },
  };
}

function isSame(a: AuditEventRow, b: AuditEventRow): boolean {
  const { at: aAt, data: aData, ...aRest } = a;
  const { at: bAt, data: bData, ...bRest } = b;
  return (
    aAt.getTime() === bAt.getTime() &&
    isDeepStrictEqual(aRest, bRest) &&
    // Members that are undefined are absent from the table.
    (isDeepStrictEqual(aData, bData) || canonicalJson({ aData }) === canonicalJson({ aData: bData }))
  );
}
