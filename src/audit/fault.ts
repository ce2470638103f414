/** What is wrong with a history, in one word. */
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
  /** An event is genuine, but this version can't read it. */
  | 'unreadable'
  /** The table stream_heads says otherwise. */
  | 'head-mismatch'
  /** The table audit_events says otherwise. */
  | 'trail-mismatch'
  /** The secrets of something deleted can still be opened. */
  | 'not-shredded'
  /** The secrets of something that exists can't be opened. */
  | 'secret-missing'
  /** A checkpoint kept elsewhere has another event at this place. */
  | 'rewritten';

/** The first thing that is wrong with a history. Never an expected hash: it would help whoever wants to forge one. */
export interface Fault {
  readonly kind: FaultKind;
  readonly stream: string;
  readonly revision: number;
  /** Where it is, or was, in the order of all events; absent when nobody knows. */
  readonly position?: bigint | undefined;
  /** What it means, in a sentence or two. */
  readonly meaning: string;
}
