import type { RecordedEvent } from '../../events/eventStore.ts';
import { isForged } from '../../events/forgery.ts';
import { decodeOrReason, type KnownEvent } from '../../events/knownEvent.ts';
import { repairedStream } from '../../events/streamName.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import type { Projection } from './projection.ts';
import { VERSIONS } from './versions.ts';

// The table unreadable_events: events of our streams that can't be read, and which of them an operator has skipped. Their
// keys and servers are unusable meanwhile; every other one goes on. unreadableEvents.ts reads it.

type EventSkipped = Extract<KnownEvent, { readonly type: 'EventSkipped' }>;

export const unreadableEvents: Projection = {
  name: 'unreadable_events',
  table: true,
  version: VERSIONS.unreadable_events,
  severalOfAStream: true,
  on: {
    '*': async (tx, events) => {
      const unreadable: Unreadable[] = [];
      const skips: EventSkipped[] = [];
      for (const event of events) {
        const read = decodeOrReason(event);
        if (typeof read === 'string') unreadable.push({ event, reason: read });
        else if (read?.type === 'EventSkipped') skips.push(read);
      }
      // A repair can't be repaired: a forged event among repairs has no meaning.
      const noted = unreadable.filter(({ event }) => !isForged(event) || repairedStream(event.stream) === undefined);
      if (noted.length > 0) await noteAll(tx, noted);
      // In either order the event is noted, and skipped.
      for (const skip of skips) await noteSkipped(tx, skip);
    },
  },
};

interface Unreadable {
  readonly event: RecordedEvent;
  readonly reason: string;
}

async function noteSkipped(tx: Queryable, { stream, position, data }: EventSkipped): Promise<void> {
  const { revision, type, reason } = data;
  await tx.query(sql`
    insert into unreadable_events (stream, revision, position, type, reason, skipped)
    values (${repairedStream(stream) ?? ''}, ${revision}, ${String(position)}::bigint, ${type}, ${reason}, true)
    on conflict (stream, revision) do update set skipped = true`);
}

/** Notes an event that no table can take. */
export async function noteUnreadable(db: Queryable, event: RecordedEvent, reason: string): Promise<void> {
  await noteAll(db, [{ event, reason }]);
}

/** Notes events; one that is skipped stays so. In one statement: the store may hold very many. */
async function noteAll(db: Queryable, some: readonly Unreadable[]): Promise<void> {
  const rows = some.map(({ event: { stream, revision, position, type }, reason }) => ({
    stream,
    revision,
    position: String(position),
    type,
    reason,
  }));
  await db.query(sql`
    insert into unreadable_events (stream, revision, position, type, reason, skipped)
    select e.stream, e.revision, e.position, e.type, e.reason, false
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (
      stream text, revision integer, position bigint, type text, reason text)
    on conflict (stream, revision) do nothing`);
}
