/** The kind of a fault. */
export type FaultKind =
  /** An event is not what was written at this place. */
  | 'edited'
  /** An event, or a whole stream, is gone. */
  | 'removed'
  /** An event is there that MetaMCP did not write there. */
  | 'inserted'
  /** Events are genuine, but stand in another order. */
  | 'reordered'
  /** The end of a stream was cut off. */
  | 'truncated'
  /** An event is genuine, but does not follow from the one before it. */
  | 'unlinked'
  /** An event can't be read, and no operator has skipped it. */
  | 'unreadable'
  /** The event store does not show the beginning of a stream any more: a soft deletion, or a limit. */
  | 'hidden'
  /** A stream was deleted for good in the event store: a tombstone. */
  | 'deleted'
  /** Nothing in the history is genuine under the key of the chain: vault_keys is of another history. */
  | 'keys-foreign'
  /** The table stream_heads contradicts the history. */
  | 'head-mismatch'
  /** The table audit_events contradicts the history. */
  | 'trail-mismatch'
  /** The secrets of something deleted can still be opened. */
  | 'not-shredded'
  /** The secrets of something that exists are gone. */
  | 'secret-missing'
  /** Secrets are there, but can't be opened. */
  | 'secret-damaged'
  /** A key of the installation itself is gone or can't be opened. */
  | 'system-key'
  /** A table that calls are checked against is not what the history gives. */
  | 'table-mismatch'
  /** A checkpoint kept elsewhere has another event at this place. */
  | 'rewritten';

/** The first thing that is wrong with a history. Never an expected hash: it would help to forge one. */
export interface Fault {
  readonly kind: FaultKind;
  /** Of a key of the installation, its subject in vault_keys. */
  readonly stream: string;
  /** Undefined where it is not about an event. */
  readonly revision: number | undefined;
  /** Where it is, or was, in the order of all events; absent when it is unknown. */
  readonly position?: bigint | undefined;
  /** What it means, in a sentence or two. */
  readonly meaning: string;
}
