import type { AppError } from '../errors/appError.ts';
import type { JsonRpcId } from '../mcp/jsonRpc.ts';

/**
 * The reason why a client does not get what it asked for, and what its answer needs besides. There is one type from the socket to
 * the last byte, and one way per place:
 * - Checks before a message is known (head, host, key, scope, server, body) throw the AppError.
 * - What knows the message returns a Refusal, with the id: `classify` and `planAnswer`.
 * - What runs in a callback, which must not throw, gives the AppError as its value: `readBody`, AnswerWriter, AnswerSink.
 * - The register calls `cut` with the AppError.
 * All of them end in `answerError`, or, once an answer has begun, in AnswerWriter.fail. A policy that conceals something from a key
 * does not refuse: it answers as the server would (LocalAnswer).
 */
export interface Refusal {
  readonly error: AppError;
  /** Null: there is none, or it is not known. */
  readonly id: JsonRpcId;
  /** In place of the table's: the server's own. */
  readonly status?: number | undefined;
  /** More headers of the answer, as name, value, name, value…. */
  readonly headers?: readonly string[];
}
