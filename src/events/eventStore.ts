export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** An event that is about to be appended. Its id makes a retried append idempotent. */
export interface NewEvent {
  /** A UUID. */
  readonly id: string;
  readonly type: string;
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
 * Adapters: memoryStore, postgresStore (later eventStoreDb). One contract suite holds them all: test/contract/eventStore.ts.
 */
export interface EventStore extends AsyncDisposable {
  /**
   * Appends all events or none. When the last event of the stream already is the last of `events` (the same ids, in
   * order, right after `expected`), answers the original result: a retry after an unknown outcome is safe.
   * @throws Conflict `wrong-expected-revision`, with `data.actual` (number or `no-stream`)
   * @throws Unavailable when the store can't be reached, or the outcome is unknown (`append-outcome-unknown`)
   */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;

  /** Reads a stream page by page; a stream that does not exist reads as empty. @throws Unavailable */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;

  /** Reads all events in position order up to what is committed now. @throws Unavailable */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;

  /**
   * Catches up, then follows. Reconnects by itself with back-off, resumes after the last event yielded, and neither
   * loses, repeats nor reorders one. The consumer's pace is the reading's pace.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<RecordedEvent>;

  /** The position of the last event, or undefined in an empty store. @throws Unavailable */
  lastPosition(): Promise<bigint | undefined>;
}
