import type { RecordedEvent } from '../../events/eventStore.ts';
import { beginsStream } from '../../events/knownEvent.ts';
import { subjectOf } from '../../events/streamName.ts';
import type { Queryable } from '../../postgres/database.ts';
import { findHeadRevisions } from '../tables/streamHeads.ts';

export interface OwnEvents {
  /** Of streams of ours, without a hole. */
  readonly events: readonly RecordedEvent[];
  /** Streams that lack their beginning or an event in between: what follows the hole is left out. */
  readonly broken: ReadonlySet<string>;
}

export interface OwnEventsOptions {
  /** Where stream_heads is. */
  readonly db: Queryable;
  /** stream_heads knows every event before these; else a hole can't be seen, and `firstOf` shows which streams are ours. */
  readonly headsAreCurrent: boolean;
  /** Reads what the store has first of a stream. (Default: a stream that stream_heads does not know is none of ours) */
  readonly firstOf?: ((stream: string) => Promise<RecordedEvent | undefined>) | undefined;
}

/**
 * Leaves of consecutive events those of our own streams. A stream is ours by its name's form and by its first event; everything
 * else in the store belongs to other programs, and no table contains it.
 */
export async function ownEvents(
  events: readonly RecordedEvent[],
  { db, headsAreCurrent, firstOf }: OwnEventsOptions,
): Promise<OwnEvents> {
  const streams = Map.groupBy(
    events.filter(({ stream }) => subjectOf(stream) !== undefined),
    ({ stream }) => stream,
  );
  const begun = [...streams.values()].filter(([first]) => first?.revision !== 0).map(([first]) => first?.stream ?? '');
  const heads = await findHeadRevisions(db, begun);
  const broken = new Set<string>();
  const own = new Set<RecordedEvent>();
  for (const [stream, some] of streams) {
    const [first] = some;
    if (first === undefined) continue;
    let last = heads.get(stream);
    if (first.revision === 0) {
      if (!beginsStream(first)) continue;
      last = -1;
    } else if (last === undefined) {
      const beginning = await firstOf?.(stream);
      if (beginning === undefined || beginning.revision > 0) broken.add(stream);
      if (beginning === undefined || !beginsStream(beginning)) continue;
    }
    for (const event of some) {
      if (headsAreCurrent && last !== undefined && event.revision > last + 1) {
        broken.add(stream);
        break;
      }
      own.add(event);
      last = last === undefined ? undefined : Math.max(last, event.revision);
    }
  }
  return { events: events.filter((event) => own.has(event)), broken };
}
