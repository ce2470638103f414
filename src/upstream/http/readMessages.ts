import { AppError } from '../../errors/appError.ts';
import { isAnswerTo } from '../../mcp/awaitedAnswers.ts';
import { faultOfMessage, readServerMessage } from '../../mcp/jsonRpc.ts';
import { LARGE_BYTES } from '../largeAnswer.ts';
import { Pace } from '../pace.ts';
import type { Room } from '../room.ts';
import type { SideMessage, UpstreamAnswer, UpstreamMessage } from '../upstream.ts';
import { answeredBy, headOf, type AnswerStream } from './answer.ts';
import { drain, parseJson, parseLarge } from './answerBody.ts';
import { EventReader, type ReadEvent, type StreamCursor } from './eventReader.ts';
import { UndecodableContent } from './decoder.ts';
import { leaveAnswer, readingFailure } from './leftAnswer.ts';
import type { HttpResponse } from './httpResponse.ts';
import type { Reading } from './reading.ts';

/** Reads an event stream until the response: gives what precedes it, event by event, and reads no further than is taken. */
export async function* readStream(reading: Reading, response: HttpResponse, room: Room | undefined): AnswerStream {
  const { target, bounds } = reading;
  const head = headOf(response);
  const cursor: StreamCursor = { lastEventId: undefined, retryMs: undefined };
  const pace = new Pace();
  let fault: string | undefined;
  let isRead = false;
  try {
    const events = new EventReader(target, response, bounds, { cursor, room, pace });
    while (await events.ready()) {
      pace.spend();
      const turn = pace.turn();
      if (turn !== undefined) await turn;
      const messages = await readEvent(reading, events.take());
      // Clients pass over an event that they can't read.
      if (typeof messages === 'string') fault = messages;
      const found = typeof messages === 'string' ? undefined : yield* takeMessages(reading, messages);
      if (found === undefined) continue;
      drain(target, response);
      isRead = true;
      return { ...head, ...answeredBy(found) };
    }
    isRead = true;
  } catch (error) {
    isRead = !bounds.signal.aborted && response.errored === error && !(error instanceof UndecodableContent);
    if (!isRead) throw readingFailure(reading, response, error);
  } finally {
    if (!isRead) leaveAnswer(response, room);
  }
  return { ...head, interrupted: cursor, fault };
}

/**
 * Reads the messages of one JSON document. Arrays are batches (MCP 2025-03-26). A large result stays bytes. Returns what is wrong
 * when one is no message.
 * @throws Unavailable
 */
export async function readMessages(
  { target, answerBounds }: Reading,
  json: Buffer,
): Promise<readonly UpstreamMessage[] | string> {
  const large = json.length < LARGE_BYTES ? undefined : await parseLarge(target, json, answerBounds);
  if (large !== undefined) return [large];
  const value = await parseJson(target, json, answerBounds);
  const messages: UpstreamMessage[] = [];
  for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const message = readServerMessage(item);
    if (message === undefined) return faultOfMessage(item);
    messages.push(message);
  }
  return messages;
}

/** Gives what precedes the response, and returns it when it is there. */
export function* takeMessages(
  { bounds, awaited, admit }: Reading,
  messages: readonly UpstreamMessage[],
): Generator<SideMessage, UpstreamAnswer | undefined, void> {
  let found: UpstreamAnswer | undefined;
  for (const message of messages) {
    if (message.kind === 'response') {
      // The answer to another request may be a replay (some servers replay all streams): it is not ours to use.
      if (awaited !== undefined && isAnswerTo(message.response.id, awaited)) found ??= message;
      continue;
    }
    const admitted = admit?.(message);
    if (admitted === undefined) continue;
    bounds.pause();
    yield admitted;
    bounds.resume();
    bounds.signal.throwIfAborted();
  }
  return found;
}

/** Reads the messages of one event; none of one that is no message. */
async function readEvent(reading: Reading, { event, data }: ReadEvent): Promise<readonly UpstreamMessage[] | string> {
  if (event !== 'message') return [];
  try {
    return await readMessages(reading, data);
  } catch (error) {
    if (error instanceof AppError && error.code === 'upstream-too-large') throw error;
    return 'it is not JSON';
  }
}
