export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** An event that is about to be appended. Its id makes a retried append idempotent. */
export interface NewEvent {
  /** A UUID in lower case, made once for this event and for no other. */
  readonly id: string;
  readonly type: string;
  /** Comes back equal in canonical form (RFC 8785), as does `metadata`; the order of keys may change. */
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/** An event as the store holds it. */
export interface RecordedEvent extends NewEvent {
  readonly stream: string;
  /** Counts within the stream, from 0. */
  readonly revision: number;
  /** Orders all events; may have gaps. Opaque but comparable; a string at every outer edge. */
  readonly position: bigint;
}

/** The revision of the stream's last event, or `no-stream` when there must be none. */
export type ExpectedRevision = number | 'no-stream';

export interface AppendResult {
  /** The revision and position of the last event appended. */
  readonly revision: number;
  readonly position: bigint;
}

export interface ReadStreamOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** The first revision to read, included. (Default: the first, or backwards the last) */
  readonly from?: number;
  /** (Default: no bound) */
  readonly limit?: number;
}

export interface ReadAllOptions {
  readonly direction?: 'forwards' | 'backwards';
  /** Read what lies beyond this position, itself excluded. (Default: from the beginning, or backwards from the end) */
  readonly after?: bigint;
  /** (Default: no bound) */
  readonly limit?: number;
}

export interface SubscribeOptions {
  /** The position of the last event already processed, or undefined to start from the beginning. */
  readonly after?: bigint | undefined;
  /** Ends the subscription; the iteration then ends normally. */
  readonly signal: AbortSignal;
}

/**
 * The event store, as EventStoreDB defines one: streams with optimistic concurrency, one global order.
 * Adapters: memoryStore, postgresStore, eventStoreDb. One contract suite holds them all: test/contract/eventStore.ts.
 */
export interface EventStore extends AsyncDisposable {
  /**
   * Appends all events or none. When exactly these events (the same ids, in order) already stand right after `expected`,
   * answers the original result, whatever follows them: a retry after an unknown outcome is safe.
   * @throws Conflict `wrong-expected-revision`, with `data.actual` (number or `no-stream`)
   * @throws Conflict `event-id-taken`, with `data.actual`, when an id belongs to an event elsewhere. Memory and Postgres
   *   find that; EventStoreDB compares ids only where they are expected.
   * @throws Invalid `event-data-invalid`, `append-too-large` for what not every store gives back unchanged (encodeEvents.ts)
   * @throws Unavailable when nothing was appended, because the store can't be reached or is too busy
   * @throws Unavailable `append-outcome-unknown` when the events may have been appended, now or shortly: append them
   *   again, with the same ids and `expected`
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;

  /** Reads a stream page by page; a stream that does not exist reads as empty. @throws Unavailable */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;

  /** Reads all events in position order up to what is committed now. @throws Unavailable */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;

  /**
   * Catches up, then follows. Reconnects by itself with back-off, resumes after the last event yielded, and neither
   * loses, repeats nor reorders one. The consumer's pace is the reading's pace: what it holds unread is bounded.
   * An outage never ends it; the signal and the store's disposal do, promptly, also while it waits.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<RecordedEvent>;

  /** The position of the last event, or undefined in an empty store. @throws Unavailable */
  lastPosition(): Promise<bigint | undefined>;

  /**
   * Tells this history from every other: a UUID, the same for all who open it, made with it. Positions that were read
   * from one history mean nothing in another, not even in a copy of it. @throws Unavailable
   */
  identity(): Promise<string>;

  /** Finds out whether the store answers, at a price that does not depend on what it holds. @throws Unavailable */
  check(): Promise<void>;
}
