/** What is told about one exchange of a key with a server when it has ended, for counters, the feed and logs. Never secrets or bodies. */
export interface CallEvent {
  readonly keyId: string;
  readonly server: string;
  /** The JSON-RPC method; for an exchange without a message, GET or DELETE; `batch` for a batch. */
  readonly method: string;
  readonly tool: string | undefined;
  /** It was a stream that stands open for events, not the answer to a call. */
  readonly standing: boolean;
  /**
   * `ok`, `client-closed`, or the code of the error that ended it. What a JSON-RPC answer says inside is not looked at,
   * except over REST: `tool-error` for a tool that reports a failure itself.
   */
  readonly outcome: string;
  /** The HTTP status that the client got; 0 when it left before. */
  readonly status: number;
  readonly durationMs: number;
  /** Of the body. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Told of an exchange that has ended, on its call's path: it neither waits nor throws. */
export type CallObserver = (event: CallEvent) => void;
