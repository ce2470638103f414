import { AppError } from '../../errors/appError.ts';
import { isAnswerTo } from '../../mcp/awaitedAnswers.ts';
import { faultOfMessage, readServerMessage, type JsonRpcResponse, type ServerMessage } from '../../mcp/jsonRpc.ts';
import { Pace } from '../pace.ts';
import type { Room } from '../room.ts';
import type { SideMessage } from '../upstream.ts';
import type { Answer } from './answer.ts';
import { drain, parseJson, readEvents, type StreamCursor } from './answerBody.ts';
import { UndecodableContent } from './decoder.ts';
import type { HttpResponse } from './httpRequest.ts';
import type { Reading } from './reading.ts';

/** Reads an event stream until the response: gives what precedes it, event by event, and reads no further than is taken. */
export async function* readStream(
  reading: Reading,
  body: HttpResponse['body'],
  room: Room | undefined,
): AsyncGenerator<SideMessage, Pick<Answer, 'response' | 'interrupted' | 'fault'>, void> {
  const { target, bounds } = reading;
  const cursor: StreamCursor = { lastEventId: undefined, retryMs: undefined };
  const pace = new Pace();
  let fault: string | undefined;
  try {
    for await (const { event, data } of readEvents(target, body, bounds, { cursor, room, pace })) {
      pace.spend();
      await pace.turn();
      if (event !== 'message') continue;
      const messages = await readEvent(reading, data);
      // Clients pass over an event that they can't read.
      if (typeof messages === 'string') fault = messages;
      const response = typeof messages === 'string' ? undefined : yield* takeMessages(reading, messages);
      if (response === undefined) continue;
      drain(target, body);
      return { response };
    }
  } catch (error) {
    if (bounds.signal.aborted || body.errored !== error || error instanceof UndecodableContent) throw error;
  }
  return { interrupted: cursor, fault };
}

/** Reads the messages of one JSON document. Arrays are batches (MCP 2025-03-26). Returns what is wrong when one is no message. */
export function readMessages(value: unknown): ServerMessage[] | string {
  const messages: ServerMessage[] = [];
  for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const message = readServerMessage(item);
    if (message === undefined) return faultOfMessage(item);
    messages.push(message);
  }
  return messages;
}

/** Gives what precedes the response, and returns the response when it is there. */
export function* takeMessages(
  { bounds, awaited, admit }: Reading,
  messages: readonly ServerMessage[],
): Generator<SideMessage, JsonRpcResponse | undefined, void> {
  let found: JsonRpcResponse | undefined;
  for (const message of messages) {
    if (message.kind === 'response') {
      // The answer to another request may be a replay (some servers replay all streams): it is not ours to use.
      if (awaited !== undefined && isAnswerTo(message.response.id, awaited)) found ??= message.response;
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
async function readEvent({ target, answerBounds }: Reading, data: Buffer): Promise<ServerMessage[] | string> {
  try {
    return readMessages(await parseJson(target, data, answerBounds));
  } catch (error) {
    if (error instanceof AppError && error.code === 'upstream-too-large') throw error;
    return 'it is not JSON';
  }
}
