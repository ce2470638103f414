import type { AppError } from '../../errors/appError.ts';
import { AwaitedAnswers, isAnswerTo } from '../../mcp/awaitedAnswers.ts';
import { otherAnswer } from '../../mcp/failures.ts';
import type { MessageScan } from '../../mcp/messageScan.ts';
import { labelOf } from './answerPlan.ts';
import type { Call } from '../call.ts';
import { repairedAnswer } from './repairedAnswer.ts';

/** Tells whether a JSON document answers each request once. With an HTTP error the status is the answer. */
export function isFitting({ awaited }: Call, status: number, scan: MessageScan): boolean {
  if (status >= 300 || awaited.length === 0 || isOnlyAnswer(awaited, scan)) return true;
  const answers = new AwaitedAnswers(awaited);
  if (scan.tooMany || answers.take(scan.responses) !== 'own') return false;
  return answers.unanswered.length < awaited.length;
}

/** The one response to the one request, as almost always. */
function isOnlyAnswer(awaited: Call['awaited'], { responses, tooMany }: MessageScan): boolean {
  return !tooMany && awaited.length === 1 && responses.length === 1 && responses[0]?.id === awaited[0];
}

/** Tells whether a response to a request of the call is an error. With an HTTP error the status tells that. */
export function hasErrorFor({ awaited }: Call, status: number, { responses }: MessageScan): boolean {
  return status < 300 && responses.some(({ id, isError }) => isError && awaited.some((each) => isAnswerTo(id, each)));
}

/**
 * Makes a document that answers each request once; mostly that is the document as it came.
 * @param scan of the document
 */
export function fittingAnswer(call: Call, status: number, scan: MessageScan, body: Buffer): Buffer | AppError {
  if (isFitting(call, status, scan)) return body;
  const answers = new AwaitedAnswers(call.awaited);
  const text = repairedAnswer(body.toString('utf8'), answers);
  const isAnswer = text !== undefined && answers.unanswered.length < call.awaited.length;
  return isAnswer ? Buffer.from(text) : otherAnswer(labelOf(call));
}
