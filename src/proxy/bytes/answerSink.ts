import type { AppError } from '../../errors/appError.ts';

/**
 * What became of a piece. False: it was taken, but no more may come until the client has drained. `held`: nothing of it has gone
 * to the client yet. `over`: every request has its answer, which has ended; what else the server says nobody wants. An error:
 * it can't pass.
 */
export type Taken = boolean | 'held' | 'over' | AppError;

/** Writes a server's answer to the client, each kind of answer in its own way. */
export interface AnswerSink {
  data(chunk: Buffer): Taken;
  /** Ends the answer, complete as far as HTTP can see; returns why it is not complete after all. */
  end(): AppError | undefined;
  /**
   * Ends an answer that broke off, if it lacks nothing but its own end; returns whether every request has its answer, or what
   * to tell instead.
   */
  finish?(): boolean | AppError;
  /** Ends an answer that has begun and can't be completed, so that the client can't take it for a whole one. */
  fail(error: AppError): void;
  /** Sends a comment when the stream was silent and is between events. */
  keepAlive(): void;
}
