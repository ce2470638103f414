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
  /** Ends the reading, which then throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ScanOptions {
  /** The position of the last record already considered, or undefined to start from the beginning. */
  readonly after?: bigint | undefined;
  /** Ends the scan, which then throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface SubscribeOptions {
  /** The position of the last record already processed, or undefined to start from the beginning. */
  readonly after?: bigint | undefined;
  /** Ends the subscription; the iteration then ends normally. */
  readonly signal: AbortSignal;
}

/** What a reading of the whole store comes across; positions rise. */
export type LogEntry =
  | { readonly kind: 'event'; readonly position: bigint; readonly event: RecordedEvent }
  /** Nothing of ours lies between the entry before and this position, itself included: no reader needs to look there again. */
  | { readonly kind: 'passed'; readonly position: bigint }
  /** An operator changed what the store shows of a stream (limits, deletion): `visibility` finds what it shows now. */
  | { readonly kind: 'visibility'; readonly position: bigint; readonly stream: string };

/**
 * What the store shows of a stream. `whole`: from revision 0 on. `limited`: likewise, but with a limit that hides its beginning
 * sooner or later. `hidden`: not its beginning, or nothing of it, because of a
 * soft deletion or a limit (EventStoreDB's `$tb`, `$maxCount`, `$maxAge`). `removed`: deleted for good (a tombstone), so
 * that nothing can be appended to it ever again. `absent`: it never was, or nothing of it is left.
 */
export type Visibility = 'whole' | 'limited' | 'hidden' | 'removed' | 'absent';

export interface AppendOptions {
  /** Sends the append over this connection (`connection`) or not at all. (Default: whichever there is) */
  readonly over?: number | undefined;
}

/**
 * The event store, as EventStoreDB defines one: streams with optimistic concurrency, one global order.
 * Adapters: memoryStore, postgresStore, eventStoreDb. One contract suite holds them all: test/contract/eventStore.ts.
 */
export interface EventStore extends AsyncDisposable {
  /**
   * Counts the connections to the store. What was found out about the store over one connection proves nothing about what
   * answers over the next: a server that comes back may hold an older copy. Constant where both are one and the same.
   */
  readonly connection: number;

  /**
   * Appends all events or none. When exactly these events (the same ids, in order) already stand right after `expected`,
   * answers the original result, whatever follows them: a retry after an unknown outcome is safe.
   * @throws Conflict `wrong-expected-revision`, with `data.actual` (number or `no-stream`)
   * @throws Conflict `event-id-taken`, with `data.actual`, when an id belongs to an event elsewhere. Memory and Postgres
   *   find that; EventStoreDB compares ids only where they are expected.
   * @throws Invalid `event-data-invalid`, `append-too-large` for what not every store gives back unchanged (encodeEvents.ts)
   * @throws Refused `stream-removed` when the store has deleted the stream for good
   * @throws Unavailable when nothing was appended, because the store can't be reached or is too busy
   * @throws Unavailable `connection-changed` when nothing was sent, because `over` is not the connection any more
   * @throws Unavailable `append-outcome-unknown` when the events may have been appended, now or shortly: append them
   *   again, with the same ids and `expected`. One that arrives while the first is not committed yet may stay unknown, too
   */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
    options?: AppendOptions,
  ): Promise<AppendResult>;

  /**
   * Reads what the store shows of a stream, page by page; one that does not exist, or is hidden or removed as a whole, reads
   * as empty. @throws Unavailable
   */
  readStream(stream: string, options?: ReadStreamOptions): AsyncIterable<RecordedEvent>;

  /** Finds out what the store shows of a stream, at a price that does not depend on its length. @throws Unavailable */
  visibility(stream: string): Promise<Visibility>;

  /** Reads the event at exactly this position; undefined when none of ours is there, or the store ends before it. @throws Unavailable */
  eventAt(position: bigint): Promise<RecordedEvent | undefined>;

  /** Reads all events in position order up to what is committed now. @throws Unavailable */
  readAll(options?: ReadAllOptions): AsyncIterable<RecordedEvent>;

  /**
   * Reads forwards to the store's end as it is at the start, and reports how far it has come also where nothing is ours, so
   * that a scan which is cut off can go on from there. Ends with an entry at or beyond that end, unless the store ends at
   * `after`. @throws Unavailable
   */
  scan(options?: ScanOptions): AsyncIterable<LogEntry>;

  /**
   * Catches up, then follows. Reconnects by itself with back-off, resumes after the last entry yielded, and neither
   * loses, repeats nor reorders an event. The consumer's pace is the reading's pace: what it holds unread is bounded.
   * An outage never ends it; the signal and the store's disposal do, promptly, also while it waits.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<LogEntry>;

  /**
   * The position at which the store ends: of its last record, ours or not; undefined in an empty store. At a price that
   * does not depend on what it holds. A leader of a cluster that others have replaced without its knowledge answers with
   * the end that it has, which is an earlier one and never one that is cut off again. @throws Unavailable
   */
  end(): Promise<bigint | undefined>;

  /**
   * Identifies this history among all: a UUID, the same for all who open it, made with it. Positions that were read
   * from one history mean nothing in another, not even in a copy of it. @throws Unavailable
   */
  identity(): Promise<string>;

  /** As `identity`, and writes nothing: undefined where nobody has asked for one yet. @throws Unavailable */
  findIdentity(): Promise<string | undefined>;

  /** Finds out whether the store answers and takes appends, at a price that does not depend on what it holds. @throws Unavailable */
  check(): Promise<void>;
}
