import { Refused } from '../errors/appError.ts';
import type { EventStore } from './eventStore.ts';
import { UnreadableEvent } from './catalogue.ts';
import type { RecordedEvent } from './eventStore.ts';
import { decodeKnown } from './knownEvent.ts';
import { OwnStreams } from './ownStreams.ts';
import { subjectOf } from './streamName.ts';

/** So many streams are named. */
const NAMED = 10;

/**
 * Reads a store once, and refuses it as the source of a copy when a stream of ours is not there from its first event to its
 * last. @throws Refused `copy-source-incomplete`
 */
export async function refuseIncomplete(
  from: EventStore,
  isGivenUp: (stream: string) => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const own = new OwnStreams();
  for await (const entry of from.scan({ signal })) own.see(entry);
  const incomplete = new Map<string, string>();
  for (const stream of own.broken) incomplete.set(stream, 'lacks an event');
  for (const [stream, first] of own.headless) {
    if (isOurs(first) && !(await isGivenUp(stream))) incomplete.set(stream, 'lacks its beginning');
  }
  for (const stream of own.touched) {
    if (subjectOf(stream) === undefined) continue;
    const visibility = await from.visibility(stream);
    if (visibility === 'whole' || visibility === 'limited' || visibility === 'absent') continue;
    // Whether a stream that is gone as a whole was ours, only the tables could show.
    if (!own.has(stream) && (await isGivenUp(stream))) continue;
    incomplete.set(stream, visibility === 'removed' ? 'was deleted for good' : 'is hidden, deleted softly or limited');
  }
  if (incomplete.size > 0) throw sourceIncomplete([...incomplete]);
}

/** Checks whether an event without a beginning before it looks like one of ours: one of another program does not parse. */
function isOurs(event: RecordedEvent): boolean {
  try {
    return decodeKnown(event) !== undefined;
  } catch (error) {
    if (error instanceof UnreadableEvent) return false;
    throw error;
  }
}

function sourceIncomplete(incomplete: readonly (readonly [stream: string, what: string])[]): Refused {
  const named = incomplete.slice(0, NAMED).map(([stream, what]) => `${stream} ${what}`);
  return new Refused(
    'copy-source-incomplete',
    `The source does not hold the whole history, and a copy of it would not either: ${named.join('; ')}` +
      `${incomplete.length > NAMED ? '; …' : ''}. Undo it in the event store (docs/eventstoredb.md); to go on without those ` +
      'streams, run metamcp-cli db rebuild --accept-loss with the source first.',
    { data: { streams: incomplete.map(([stream]) => stream) } },
  );
}
