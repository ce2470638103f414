import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { keyRoleStream } from '../events/keyRole.ts';
import { decodeReadable } from '../events/knownEvent.ts';
import { catalogueOf, subjectOf } from '../events/streamName.ts';
import { streamRepairStream } from '../events/streamRepair.ts';

/** How far a reading of the whole history has come. */
export interface HistoryProgress {
  readonly events: number;
  /** The last record considered, and the last one there was when it began. */
  readonly position: bigint;
  readonly last: bigint;
}

export interface WholeHistoryOptions {
  /** Called now and then, also while it passes what others wrote. */
  readonly onProgress?: ((progress: HistoryProgress) => void) | undefined;
  /** Ends it; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Events between two reports of progress. */
const PROGRESS_EVERY = 1_000;

/** Reads every event of a stream that is named like ours; its first event shows whether it is ours. @throws Unavailable */
export async function* wholeHistory(
  store: EventStore,
  { onProgress, signal }: WholeHistoryOptions = {},
): AsyncGenerator<RecordedEvent, void, undefined> {
  const last = onProgress === undefined ? undefined : await store.end();
  let events = 0;
  for await (const entry of store.scan({ signal })) {
    if (entry.kind === 'event') events += 1;
    if (last !== undefined && (entry.kind === 'passed' || events % PROGRESS_EVERY === 0)) {
      onProgress?.({ events, position: entry.position, last });
    }
    if (entry.kind === 'event' && subjectOf(entry.event.stream) !== undefined) yield entry.event;
  }
}

/** Reads the history of one key, role or server, with its repairs, in the order in which it happened. @throws Unavailable */
export async function* historyOf(store: EventStore, stream: string): AsyncGenerator<RecordedEvent, void, undefined> {
  // Few: each is an operator's decision.
  const repairs = await Array.fromAsync(store.readStream(streamRepairStream(stream)));
  for await (const event of store.readStream(stream)) {
    while (repairs[0] !== undefined && repairs[0].position < event.position) yield* repairs.splice(0, 1);
    yield event;
  }
  yield* repairs;
}

/** Reads the histories of a key and of roles that it has at some time. @throws Unavailable */
export async function* historyWithRoles(
  store: EventStore,
  stream: string,
): AsyncGenerator<RecordedEvent, void, undefined> {
  const roles = new Set<string>();
  for await (const event of historyAbout(store, stream)) {
    for (const name of rolesIn(event)) roles.add(name);
    yield event;
  }
  for (const name of roles) yield* historyOf(store, keyRoleStream(name));
}

/** The names of the roles that an event gives to its key. */
function rolesIn(recorded: RecordedEvent): string[] {
  const event = decodeReadable(recorded);
  if (event?.type !== 'ApiKeyCreated' && event?.type !== 'ApiKeyAccessChanged') return [];
  return (event.data.roles ?? []).map(({ name }) => name);
}

/** Reads the history of one key, role or server, of a server's catalogue too, each in the order in which it happened. @throws Unavailable */
export async function* historyAbout(store: EventStore, stream: string): AsyncGenerator<RecordedEvent, void, undefined> {
  yield* historyOf(store, stream);
  const catalogue = catalogueOf(stream);
  if (catalogue !== undefined) yield* historyOf(store, catalogue);
}
