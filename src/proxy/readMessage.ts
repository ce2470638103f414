import type { IncomingHttpHeaders } from 'node:http';
import { Invalid } from '../errors/appError.ts';
import { bodyTooCostly, findExcess } from '../mcp/jsonCost.ts';
import type { AdmittedRequest } from './admittedRequest.ts';
import { classify } from './classify.ts';
import { ambiguousMessage, DROPPED, type LocalAnswer } from './localAnswer.ts';
import { LineResponse } from './lineResponse.ts';
import type { Message } from './message.ts';
import type { Refusal } from './refusal.ts';
import { readTasks } from './tasks/taskMessage.ts';
import { isReadOneWay } from './strictMembers.ts';
import { judgeTools } from './toolPolicy.ts';

/** A message that a client has posted, with the text that it was read from. */
export interface PostedMessage {
  readonly message: Message;
  readonly parsed: unknown;
  readonly bytes: Buffer;
  readonly text: string;
}

/** Reads what was posted: it is parsed once, within bounds, and classified. @param headers see classify @throws Invalid; Limited */
export function readMessage(bytes: Buffer, headers: IncomingHttpHeaders | undefined): PostedMessage | Refusal {
  const text = bytes.toString('utf8');
  const parsed = parseJson(bytes, text);
  const message = classify(parsed, headers);
  return 'error' in message ? message : { message, parsed, bytes, text };
}

/** Decides whether a message may reach a server: the message, with the tasks that it names, or the answer to what may not. */
export function judgeMessage(
  { message, parsed, bytes, text }: PostedMessage,
  { grant, view, server, res }: Pick<AdmittedRequest, 'grant' | 'view' | 'server' | 'res'>,
): Message | LocalAnswer {
  if (!(res instanceof LineResponse) && isVainCancellation(message)) return DROPPED;
  // What is granted, or withheld, is judged later; the server is to read what was judged.
  const isJudgedLater = view?.isNarrowed === true || (view?.withholdsTools ?? server.onToolChange === 'hold');
  if (isJudgedLater && !isReadOneWay(text)) return ambiguousMessage(message.id);
  const answer = grant === 'all' ? undefined : judgeTools(message, parsed, bytes, grant);
  const tasks = answer ?? readTasks(message, parsed, bytes, text);
  if (tasks === undefined) return message;
  return 'status' in tasks ? tasks : { ...message, tasks };
}

/**
 * A modern client cancels by closing the stream of its request (MCP 2026-07-28, basic/transports/streamable-http, Cancellation). The
 * id in a notification is one client's own, and without sessions nobody can tell whose: it would end the request of another.
 */
function isVainCancellation({ era, kind, method }: Message): boolean {
  return era === 'modern' && kind === 'notification' && method === 'notifications/cancelled';
}

/** @throws Invalid; Limited */
function parseJson(bytes: Buffer, text: string): unknown {
  const excess = findExcess(bytes);
  if (excess !== undefined) throw bodyTooCostly(excess);
  try {
    return JSON.parse(text);
  } catch {
    throw new Invalid('parse-error', 'The body is not JSON.');
  }
}
