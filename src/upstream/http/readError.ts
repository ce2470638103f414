import { isAnswerTo } from '../../mcp/awaitedAnswers.ts';
import { readErrorBody } from '../../mcp/errorBody.ts';
import { answerFailure, isTimedOut } from '../../mcp/failures.ts';
import { meaningOf } from '../../mcp/httpStatus.ts';
import { findExcess } from '../../mcp/jsonCost.ts';
import { readServerMessage } from '../../mcp/jsonRpc.ts';
import type { RequestBounds } from '../requestBounds.ts';
import type { Room } from '../room.ts';
import type { Answer } from './answer.ts';
import { decode, readBytes } from './answerBody.ts';
import type { HttpResponse } from './httpResponse.ts';
import type { Reading } from './reading.ts';

/** Read of the body of an HTTP error: room for the data of a JSON-RPC error. */
const MAX_ERROR_BYTES = 1024 * 1024;

/** Reads the body of an HTTP error: a JSON-RPC error, a lost session, or neither. */
export async function readError(
  { target, bounds, awaited }: Reading,
  answer: HttpResponse,
  { mayMeanLostSession, room }: { mayMeanLostSession: boolean; room: Room | undefined },
): Promise<Pick<Answer, 'response' | 'failure' | 'isSessionLost'>> {
  const text = await readErrorText(bounds, answer, room);
  const { statusCode: status } = answer;
  const about = meaningOf(status);
  const failureWith = (shown: string) => ({ about, error: answerFailure(target, { about, status }, shown) });
  // What costs too much to parse is no error: the status alone says what there is to say.
  if (findExcess(text) !== undefined) return { failure: failureWith('') };
  const read = readErrorBody(status, text, mayMeanLostSession);
  if (read.is === 'lost-session') return { isSessionLost: true };
  if (read.is === 'other') return { failure: failureWith(read.text) };
  const failure = failureWith(text);
  const message = readServerMessage(read.value);
  if (message?.kind !== 'response') return { failure };
  const { response } = message;
  return isAnswerTo(response.id, awaited) ? { failure, response } : { failure };
}

/**
 * Reads what there is of the body of an error: the head has said what it is.
 * @param ms so long it may take; undefined: as long as any answer
 */
export async function readErrorText(
  bounds: RequestBounds,
  response: HttpResponse,
  room: Room | undefined,
  ms?: number,
): Promise<string> {
  const enough = ms === undefined ? undefined : setTimeout(() => response.destroy(new Error('it takes too long')), ms);
  try {
    return decode((await readBytes(response, bounds, { limit: MAX_ERROR_BYTES, room })).bytes);
  } catch (error) {
    if (!isTimedOut(bounds.signal.reason) && (bounds.signal.aborted || response.errored !== error)) throw error;
    return '';
  } finally {
    clearTimeout(enough);
  }
}
