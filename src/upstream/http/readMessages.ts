import { AppError } from '../../errors/appError.ts';
import { isAnswerTo } from '../../mcp/awaitedAnswers.ts';
import { faultOfMessage, readServerMessage } from '../../mcp/jsonRpc.ts';
import { LARGE_BYTES } from '../largeAnswer.ts';
import { Pace } from '../pace.ts';
import type { Room } from '../room.ts';
import type { SideMessage, UpstreamAnswer, UpstreamMessage } from '../upstream.ts';
import { answeredBy, type Answer } from './answer.ts';
import { drain, parseJson, parseLarge, readEvents, type StreamCursor } from './answerBody.ts';
import { UndecodableContent } from './decoder.ts';
import type { HttpResponse } from './httpResponse.ts';
import type { Reading } from './reading.ts';

/** Reads an event stream until the response: gives what precedes it, event by event, and reads no further than is taken. */
export async function* readStream(
  reading: Reading,
  response: HttpResponse,
  room: Room | undefined,
): AsyncGenerator<SideMessage, Pick<Answer, 'response' | 'large' | 'interrupted' | 'fault'>, void> {
  const { target, bounds } = reading;
  const cursor: StreamCursor = { lastEventId: undefined, retryMs: undefined };
  const pace = new Pace();
  let fault: string | undefined;
  try {
    for await (const { event, data } of readEvents(target, response, bounds, { cursor, room, pace })) {
      pace.spend();
      await pace.turn();
      if (event !== 'message') continue;
      const messages = await readEvent(reading, data);
      // Clients pass over an event that they can't read.
      if (typeof messages === 'string') fault = messages;
      const found = typeof messages === 'string' ? undefined : yield* takeMessages(reading, messages);
      if (found === undefined) continue;
      drain(target, response);
      return answeredBy(found);
    }
  } catch (error) {
    if (bounds.signal.aborted || response.errored !== error || error instanceof UndecodableContent) throw error;
  }
  return { interrupted: cursor, fault };
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

/** Reads the messages of one event. */
async function readEvent(reading: Reading, data: Buffer): Promise<readonly UpstreamMessage[] | string> {
  try {
    return await readMessages(reading, data);
  } catch (error) {
    if (error instanceof AppError && error.code === 'upstream-too-large') throw error;
    return 'it is not JSON';
  }
}
