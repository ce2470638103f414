import { randomUUID } from 'node:crypto';
import { eventsOf } from '../support/eventsOf.ts';
import type { EventStore, JsonObject, NewEvent, RecordedEvent, SubscribeOptions } from '../../src/events/eventStore.ts';

/** One history, which may hold events of other tests, and ways to reach it. */
export interface EventStoreFixture extends AsyncDisposable {
  /** Opens one more store on the same history, as another process would. */
  open(): EventStore | Promise<EventStore>;
  /** Cuts every connection that the stores have now, as a failing network or server does; absent when they have none. */
  readonly cut?: () => Promise<void>;
}

export interface EventStoreTraits {
  /** Whether an event id that is in use anywhere is refused. EventStoreDB looks only at the place that is expected. */
  readonly findsTakenIds: boolean;
  /** Whether `connection` rises when a connection is lost. (Default: false) */
  readonly countsConnections?: boolean;
}

/** A stream name of one test's own. */
export function newStream(): string {
  return `contract-${randomUUID()}`;
}

export function newEvent(data: JsonObject = {}): NewEvent {
  return { id: randomUUID(), type: 'Tested', data, metadata: { at: 'now' } };
}

export function newEvents(count: number): NewEvent[] {
  return Array.from({ length: count }, (_, n) => newEvent({ n }));
}

export async function collect(events: AsyncIterable<RecordedEvent>): Promise<RecordedEvent[]> {
  const collected: RecordedEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

export function ids(events: readonly { readonly id: string }[]): string[] {
  return events.map((event) => event.id);
}

/** What a promise is rejected with. */
export async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/**
 * Finds the events that are out of order: positions must rise, and in each stream revisions count up from 0. Each is
 * described with what came before it; none when all are in order.
 */
export function outOfOrder(events: readonly RecordedEvent[]): string[] {
  const found: string[] = [];
  const revisions = new Map<string, number>();
  for (const [i, event] of events.entries()) {
    const next = revisions.get(event.stream) ?? 0;
    revisions.set(event.stream, event.revision + 1);
    if (event.revision === next && (i === 0 || event.position > events[i - 1]!.position)) continue;
    const around = events.slice(Math.max(0, i - 3), i + 2).map(described);
    const first = events.findIndex(({ id }) => id === event.id);
    const before = first < i ? `, which came before as number ${first}, ${described(events[first]!)}` : '';
    found.push(`number ${i} of ${events.length} should have revision ${next}${before}; around it ${around.join(', ')}`);
  }
  return found;
}

function described({ stream, revision, position, id }: RecordedEvent): string {
  return `${stream}@${revision} at ${position} (${id})`;
}

/** A subscription that runs beside the test and keeps what it is given. */
export interface Follower extends AsyncDisposable {
  /** The events of the streams followed, as they came. */
  readonly events: RecordedEvent[];
  /** Waits until so many events came. @throws what the subscription throws */
  reaches(count: number): Promise<void>;
}

/** Follows the streams whose names begin with one of `prefixes`; the history has others. */
export function follow(store: EventStore, after: SubscribeOptions['after'], ...prefixes: readonly string[]): Follower {
  const abort = new AbortController();
  const events: RecordedEvent[] = [];
  let wake = Promise.withResolvers<undefined>();
  const done = (async () => {
    for await (const event of eventsOf(store.subscribe({ after, signal: abort.signal }))) {
      if (!prefixes.some((prefix) => event.stream.startsWith(prefix))) continue;
      events.push(event);
      wake.resolve(undefined);
      wake = Promise.withResolvers<undefined>();
    }
    return 'ended' as const;
  })();
  return {
    events,
    async reaches(count) {
      while (events.length < count) {
        const what = await Promise.race([wake.promise, done]);
        if (what === 'ended' && events.length < count)
          throw new Error(`ended after ${events.length} of ${count} events`);
      }
    },
    async [Symbol.asyncDispose]() {
      abort.abort();
      await done;
    },
  };
}
