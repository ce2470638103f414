import type { AppError } from '../../errors/appError.ts';
import type { AnswerWriter } from '../answerWriter.ts';

/**
 * The fate of a piece of the answer. `passed`: it was taken. `full`: it was taken, but no more may come until the client has
 * drained. `held`: nothing of it has gone to the client yet. `over`: every request has its answer, which has ended; what else
 * the server sends is of no use. An error: the answer can't pass.
 */
export type PieceOutcome = 'passed' | 'full' | 'held' | 'over' | AppError;

/** Writes an answer that comes as bytes. */
export interface AnswerSink<Outcome = PieceOutcome | Promise<PieceOutcome>> extends AnswerWriter {
  /** @returns a promise where it works on the piece in slices: no more may come meanwhile */
  data(chunk: Buffer): Outcome;
}
