import { isJsonObject, type JsonObject, type ServerRequestId } from '../../mcp/jsonRpc.ts';
import { parseLossless, stringifyLossless } from '../../mcp/losslessJson.ts';
import { RELATED_TASK } from '../../mcp/taskNames.ts';
import type { ReplyOutcome, SideMessage } from '../upstream.ts';

const SEPARATOR = '__';

/** Something that a member numbers by itself, as clients get it: with the member's name, so that no state leads back to it. */
export interface MemberId {
  readonly server: string;
  readonly own: unknown;
}

/** Writes an id of a member's request, or its progress token, for clients. */
export function writeMemberId(server: string, own: unknown): string {
  return server + SEPARATOR + stringifyLossless(own);
}

/** Reads what `writeMemberId` wrote; undefined for anything else. */
export function readMemberId(id: unknown): MemberId | undefined {
  if (typeof id !== 'string') return undefined;
  const end = id.indexOf(SEPARATOR);
  if (end <= 0) return undefined;
  try {
    return { server: id.slice(0, end), own: parseLossless(id.slice(end + SEPARATOR.length)) };
  } catch {
    return undefined;
  }
}

/** Ids of events are of one line, and no server's name has a slash. */
const EVENT_ID = /^([^/]+)\/(.+)$/s;

/** Writes the id of an event of a member's for clients. */
export function writeMemberEventId(server: string, own: string): string {
  return `${server}/${own}`;
}

/** Reads what `writeMemberEventId` wrote; undefined for anything else. */
export function readMemberEventId(id: string): { readonly server: string; readonly own: string } | undefined {
  const [, server, own] = EVENT_ID.exec(id) ?? [];
  return server === undefined || own === undefined ? undefined : { server, own };
}

/** Writes the ids in what a member sends beside answers: of its requests, its progress tokens, its tasks. */
export function withMemberIds(server: string, message: SideMessage): SideMessage {
  if (message.kind === 'request') {
    const { request } = message;
    const params = withRelated(withToken(request.params, server), (id) => taskIdOf(server, id));
    return { kind: 'request', request: { ...request, id: writeMemberId(server, request.id), params } };
  }
  const { notification } = message;
  const { method } = notification;
  let params = withRelated(notification.params, (id) => taskIdOf(server, id));
  if (method === 'notifications/cancelled' && params !== undefined) {
    params = { ...params, requestId: writeMemberId(server, params['requestId']) };
  }
  if (method.startsWith('notifications/tasks') && typeof params?.['taskId'] === 'string') {
    params = { ...params, taskId: taskIdOf(server, params['taskId']) };
  }
  return { kind: 'notification', notification: { ...notification, params } };
}

/** Writes the ids of tasks in a member's result. @param method what was asked */
export function withTaskIds(server: string, method: string, result: JsonObject): JsonObject {
  const { task } = result;
  const taskId = method.startsWith('tasks/') || result['resultType'] === 'task' ? result['taskId'] : undefined;
  return {
    ...withRelated(result, (id) => taskIdOf(server, id)),
    ...(isJsonObject(task) && typeof task['taskId'] === 'string'
      ? { task: { ...task, taskId: taskIdOf(server, task['taskId']) } }
      : {}),
    ...(typeof taskId === 'string' ? { taskId: taskIdOf(server, taskId) } : {}),
  };
}

/** Finds the member that a request about a task is for, and the member's own id of it. */
export function readTaskId(id: unknown): { readonly server: string; readonly own: string } | undefined {
  if (typeof id !== 'string') return undefined;
  const end = id.indexOf(SEPARATOR);
  return end <= 0 ? undefined : { server: id.slice(0, end), own: id.slice(end + SEPARATOR.length) };
}

/** Gives a member its own ids back in what a client sends it. */
export function withOwnTaskIds(params: JsonObject | undefined): JsonObject | undefined {
  return withRelated(params, (id) => readTaskId(id)?.own ?? id);
}

/** Gives a member its own ids back in what a client replies to it. */
export function ownOutcome(outcome: ReplyOutcome): ReplyOutcome {
  return 'error' in outcome ? outcome : { result: withOwnTaskIds(outcome.result) ?? {} };
}

/** The id of a request of a member's, where it is one. */
export function ownRequestId(id: unknown): (MemberId & { readonly own: ServerRequestId }) | undefined {
  const read = readMemberId(id);
  return read === undefined || read.own === null || isJsonObject(read.own) || Array.isArray(read.own)
    ? undefined
    : { server: read.server, own: read.own as ServerRequestId };
}

function taskIdOf(server: string, own: string): string {
  return server + SEPARATOR + own;
}

function withToken(params: JsonObject | undefined, server: string): JsonObject | undefined {
  const meta = params?.['_meta'];
  if (!isJsonObject(meta) || meta['progressToken'] === undefined) return params;
  return { ...params, _meta: { ...meta, progressToken: writeMemberId(server, meta['progressToken']) } };
}

function withRelated<Params extends JsonObject | undefined>(params: Params, change: (id: string) => string): Params {
  const meta = params?.['_meta'];
  const related = isJsonObject(meta) ? meta[RELATED_TASK] : undefined;
  if (!isJsonObject(meta) || !isJsonObject(related) || typeof related['taskId'] !== 'string') return params;
  return { ...params, _meta: { ...meta, [RELATED_TASK]: { ...related, taskId: change(related['taskId']) } } };
}
