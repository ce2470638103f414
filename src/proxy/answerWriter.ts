import type { AppError } from '../errors/appError.ts';

/** Writes a server's answer to the client, each kind of answer in its own way. The lanes add how it gets the answer. */
export interface AnswerWriter {
  /** It is an event stream, and not one document. */
  readonly isStream: boolean;
  /** Does in slices what `end` would do at once; undefined: there is nothing to wait for. */
  prepare?(): Promise<void> | undefined;
  /** What was written has a JSON-RPC error among its responses. (Default: it is not known to) */
  readonly hasError?: boolean;
  /** Ends the answer, complete as far as HTTP can see; returns why it is not complete after all. */
  end(): AppError | undefined;
  /**
   * Ends an answer that has broken off, if it lacks nothing but its own end; returns whether every request has its answer, or the
   * error to give instead.
   */
  finish?(): boolean | AppError;
  /** Ends an answer that has begun and can't be completed, so that the client can't take it for a whole one. */
  fail(error: AppError): void;
  /** Sends a comment if the answer is a stream that is between events. */
  keepAlive(): void;
}
