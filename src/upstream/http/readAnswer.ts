import { readCodings } from '../../mcp/contentCodings.ts';
import { answerFailure, notMcp, otherAnswer, tooLarge, truncated } from '../../mcp/failures.ts';
import { firstOf } from '../../mcp/headerField.ts';
import { essence, isPage } from '../../mcp/mediaTypes.ts';
import type { Room } from '../room.ts';
import { answeredBy, headOf, type AnswerStream } from './answer.ts';
import { drain, MAX_MESSAGE_BYTES, readBytes } from './answerBody.ts';
import type { Judged } from './httpRequest.ts';
import type { HttpResponse } from './httpResponse.ts';
import { leaveAnswer, readingFailure } from './leftAnswer.ts';
import { readError, readErrorText } from './readError.ts';
import { readMessages, readStream, takeMessages } from './readMessages.ts';
import type { Reading } from './reading.ts';

/** How long a page may take that is shown in an error, in milliseconds: what is wrong is known without it. */
const MAX_PAGE_MS = 1_000;

/**
 * Reads the answer of an exchange: gives what precedes the response, in order, and returns the rest.
 * @throws Unavailable; the reason of the bounds' signal
 */
export function readAnswer(reading: Reading, { response, verdict }: Judged): AnswerStream {
  const room = (reading.leaseRoom ?? reading.target.leaseRoom)?.();
  // A stream may stand for long, and each generator between it and its reader takes 0.8 KB meanwhile.
  if (verdict.as !== 'event-stream') return readBody(reading, { response, verdict }, room);
  if (reading.isStanding === true) {
    reading.bounds.stand();
    reading.onStanding?.();
  }
  return readStream(reading, response, room);
}

interface JudgedBody {
  readonly response: HttpResponse;
  readonly verdict: Exclude<Judged['verdict'], { readonly as: 'event-stream' }>;
}

async function* readBody(reading: Reading, judged: JudgedBody, room: Room | undefined): AnswerStream {
  const { response } = judged;
  let isRead = false;
  try {
    const answer = yield* readWhole(reading, judged, room);
    isRead = true;
    return answer;
  } catch (error) {
    throw readingFailure(reading, response, error);
  } finally {
    if (!isRead) leaveAnswer(response, room);
  }
}

async function* readWhole(reading: Reading, { response, verdict }: JudgedBody, room: Room | undefined): AnswerStream {
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
