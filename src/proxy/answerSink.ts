import type { AppError } from '../errors.ts';

/** Writes a server's answer to the client, each kind of answer in its own way. */
export interface AnswerSink {
  /** Takes a piece. False asks that no more come until the client has drained. */
  data(chunk: Buffer): boolean | AppError;
  /** Ends the answer, complete as far as HTTP can see; returns why it is not complete after all. */
  end(): AppError | undefined;
  /** Ends an answer that has begun and can't be completed, so that the client can't take it for a whole one. */
  fail(error: AppError): void;
  /** Sends a comment when the stream was silent and is between events. */
  keepAlive(): void;
}
