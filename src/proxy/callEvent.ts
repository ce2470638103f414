/** What is told about one exchange when it has ended, for counters and logs. Never secrets or bodies. */
export interface CallEvent {
  readonly keyId: string;
  readonly server: string;
  /** The JSON-RPC method; for an exchange without a message, GET or DELETE; `batch` for a batch. */
  readonly method: string;
  readonly tool: string | undefined;
  /** `ok`, `client-closed`, or the code of the error that ended it. What a JSON-RPC answer says inside is not looked at. */
  readonly outcome: string;
  /** The HTTP status that the client got; 0 when it left before. */
  readonly status: number;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export type CallObserver = (event: CallEvent) => void;
