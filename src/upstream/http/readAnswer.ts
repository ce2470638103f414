import { AppError } from '../../errors/appError.ts';
import { readCodings } from '../../mcp/contentCodings.ts';
import { answerFailure, notMcp, otherAnswer, tooLarge, truncated } from '../../mcp/failures.ts';
import { firstOf } from '../../mcp/headerField.ts';
import { essence, isPage } from '../../mcp/mediaTypes.ts';
import type { Room } from '../room.ts';
import type { SideMessage } from '../upstream.ts';
import { answeredBy, type Answer } from './answer.ts';
import { drain, MAX_MESSAGE_BYTES, readBytes } from './answerBody.ts';
import { connectionFailure } from './connectionFailure.ts';
import type { Judged } from './httpRequest.ts';
import type { HttpResponse } from './httpResponse.ts';
import { readError, readErrorText } from './readError.ts';
import { readMessages, readStream, takeMessages } from './readMessages.ts';
import type { Reading } from './reading.ts';
import type { HttpTarget } from './target.ts';

/** How long a page may take that is shown in an error, in milliseconds: what is wrong is known without it. */
const MAX_PAGE_MS = 1_000;

/**
 * Reads the answer of an exchange: gives what precedes the response, in order, and returns the rest.
 * @throws Unavailable; the reason of the bounds' signal
 */
export async function* readAnswer(reading: Reading, judged: Judged): AsyncGenerator<SideMessage, Answer, void> {
  const { target, bounds } = reading;
  const { response } = judged;
  const room = (reading.leaseRoom ?? target.leaseRoom)?.();
  let isRead = false;
  try {
    if (judged.verdict.as === 'event-stream' && reading.isStanding === true) {
      bounds.stand();
      reading.onStanding?.();
    }
    // Not by readBody: a stream may stand for long, and each generator between it and its reader takes 0.7 KB meanwhile.
    const answer =
      judged.verdict.as === 'event-stream'
        ? { ...headOf(response), ...(yield* readStream(reading, response, room)) }
        : yield* readBody(reading, { response, verdict: judged.verdict }, room);
    isRead = true;
    return answer;
  } catch (error) {
    const isOurs = error instanceof AppError && response.errored !== error;
    if (bounds.signal.aborted && !isOurs) throw bounds.signal.reason;
    throw fromBody(target, response, error);
  } finally {
    if (!isRead) {
      room?.release();
      response.destroy();
    }
  }
}

async function* readBody(
  reading: Reading,
  { response, verdict }: { response: HttpResponse; verdict: Exclude<Judged['verdict'], { as: 'event-stream' }> },
  room: Room | undefined,
): AsyncGenerator<SideMessage, Answer, void> {
  const { target, bounds } = reading;
  const { statusCode: status, headers } = response;
  const answer = headOf(response);
  switch (verdict.as) {
    case 'accepted':
      drain(target, response);
      return answer;
    case 'session-lost':
      drain(target, response);
      return { ...answer, isSessionLost: true };
    case 'not-offered':
      drain(target, response);
      // To those who wait for a response: a stream that can't be taken up again has broken.
      return { ...answer, failure: { about: 'not-offered', error: truncated(target) } };
    case 'error-body':
      return { ...answer, ...(await readError(reading, response, { ...verdict, room })) };
    case 'json': {
      const { bytes, complete } = await readBytes(response, bounds, { limit: MAX_MESSAGE_BYTES, room });
      if (!complete) throw tooLarge(target, 'an answer of more than 16 MiB');
      const messages = await readMessages(reading, bytes);
      if (typeof messages === 'string') throw notMcp(target, `sent something that is not JSON-RPC: ${messages}`);
      const found = yield* takeMessages(reading, messages);
      if (found === undefined) throw otherAnswer(target);
      return { ...answer, ...answeredBy(found) };
    }
    case 'failure': {
      // A page says what went wrong; anything else may hold a part of a result, which only the caller may see.
      const isShown = status >= 400 || isPage(essence(firstOf(headers['content-type']) ?? ''));
      const isReadable = isShown && readCodings(headers['content-encoding']) !== undefined;
      const text = isReadable ? await readErrorText(bounds, response, room, MAX_PAGE_MS) : '';
      const error = answerFailure(target, verdict.failure, text);
      const { about } = verdict.failure;
      if (about === 'content' || about === 'redirect') throw error;
      return { ...answer, failure: { about, error } };
    }
  }
}

function headOf({ statusCode: status, headers }: HttpResponse): Pick<Answer, 'status' | 'sessionId'> {
  const session = headers['mcp-session-id'];
  return { status, sessionId: typeof session === 'string' ? session : undefined };
}

/** Tells errors of the connection, which the response carries, from our own. */
function fromBody(target: HttpTarget, response: HttpResponse, error: unknown): unknown {
  return response.errored === error ? connectionFailure(target, error, true) : error;
}
