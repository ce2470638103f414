import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { RELATED_TASK, TASK_SUBSCRIPTIONS } from '../../mcp/taskNames.ts';
import type { SideMessage, UpstreamAnswer } from '../upstream.ts';

/** No place of a member has it. */
const SEPARATOR = '__';

/** A task of a member, by the member's own id. */
export interface MemberTask {
  readonly place: string;
  readonly own: string;
}

/** Writes the id of a member's task: with the member's place, so that it leads to no other server. */
export function writeTaskId(place: string, own: string): string {
  return place + SEPARATOR + own;
}

/** Finds the member that a request about a task is for, and the member's own id of it; undefined: it is of none. */
export function readTaskId(id: unknown): MemberTask | undefined {
  if (typeof id !== 'string') return undefined;
  const end = id.indexOf(SEPARATOR);
  return end <= 0 ? undefined : { place: id.slice(0, end), own: id.slice(end + SEPARATOR.length) };
}

/** Writes the ids of tasks in what a member sends beside answers. */
export function withTaskPlaces(place: string, message: SideMessage): SideMessage {
  const write = (id: string): string => writeTaskId(place, id);
  if (message.kind === 'request') {
    const { request } = message;
    const params = withRelated(request.params, write);
    return params === request.params ? message : { kind: 'request', request: { ...request, params } };
  }
  const { notification } = message;
  const { method } = notification;
  let params = withRelated(notification.params, write);
  if (method.startsWith('notifications/tasks') && typeof params?.['taskId'] === 'string') {
    params = { ...params, taskId: write(params['taskId']) };
  }
  if (method === 'notifications/subscriptions/acknowledged' && isJsonObject(params?.['notifications'])) {
    const { notifications } = params;
    params = {
      ...params,
      notifications: withWatched(notifications, (id) => (typeof id === 'string' ? write(id) : id)),
    };
  }
  return params === notification.params ? message : { kind: 'notification', notification: { ...notification, params } };
}

/** Writes the ids of tasks in a member's answer. @param method what was asked */
export async function answerWithTaskPlaces(
  place: string,
  method: string,
  answer: UpstreamAnswer,
): Promise<UpstreamAnswer> {
  const { response, resultBytes, readResult } = answer;
  if ('error' in response) return answer;
  // A large one is not parsed for what it does not have.
  if (resultBytes !== undefined && !resultBytes.includes('task') && !resultBytes.includes('\\u00')) return answer;
  const result = (await readResult?.()) ?? response.result;
  const written = withResultPlaces(place, method, result);
  return written === result ? answer : { kind: 'response', response: { ...response, result: written } };
}

/** Tells whether a client names a task of another member, or of none, as the one that a message belongs to. */
export function namesOtherTask(place: string, params: JsonObject | undefined): boolean {
  const id = relatedId(params);
  return id !== undefined && readTaskId(id)?.place !== place;
}

/** Gives a member its own ids back in what a client sends it; that of another member's task is left out. */
export function withOwnTaskIds<Params extends JsonObject | undefined>(place: string, params: Params): Params {
  return withRelated(params, (id) => ownTaskId(place, id));
}

/** Gives a member its own ids of the tasks to watch; those of other members are left out. */
export function withOwnWatched(place: string, filter: JsonObject): JsonObject {
  return withWatched(filter, (id) => ownTaskId(place, id));
}

function ownTaskId(place: string, id: unknown): string | undefined {
  const task = readTaskId(id);
  return task?.place === place ? task.own : undefined;
}

function withResultPlaces(place: string, method: string, result: JsonObject): JsonObject {
  const write = (id: string): string => writeTaskId(place, id);
  const { task } = result;
  const taskId = method.startsWith('tasks/') || result['resultType'] === 'task' ? result['taskId'] : undefined;
  const written = withRelated(result, write);
  const hasTask = isJsonObject(task) && typeof task['taskId'] === 'string';
  if (!hasTask && typeof taskId !== 'string') return written;
  return {
    ...written,
    ...(hasTask && { task: { ...task, taskId: write(String(task['taskId'])) } }),
    ...(typeof taskId === 'string' && { taskId: write(taskId) }),
  };
}

/** Changes the lists of tasks to watch; what becomes undefined is left out. */
function withWatched(notifications: JsonObject, change: (id: unknown) => unknown): JsonObject {
  const changed: Record<string, unknown> = { ...notifications };
  for (const name of TASK_SUBSCRIPTIONS) {
    const list = changed[name];
    if (Array.isArray(list)) changed[name] = list.map(change).filter((id) => id !== undefined);
  }
  return changed;
}

function relatedId(params: JsonObject | undefined): string | undefined {
  const meta = params?.['_meta'];
  const related = isJsonObject(meta) ? meta[RELATED_TASK] : undefined;
  return isJsonObject(related) && typeof related['taskId'] === 'string' ? related['taskId'] : undefined;
}

/** Changes the id of the task that a message belongs to; undefined: it belongs to none then. */
function withRelated<Params extends JsonObject | undefined>(
  params: Params,
  change: (id: string) => string | undefined,
): Params {
  const meta = params?.['_meta'];
  const id = relatedId(params);
  if (id === undefined || !isJsonObject(meta)) return params;
  const { [RELATED_TASK]: related, ...others } = meta;
  const taskId = change(id);
  return {
    ...params,
    _meta: taskId === undefined ? others : { ...meta, [RELATED_TASK]: { ...(related as JsonObject), taskId } },
  };
}
