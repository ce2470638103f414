import type { BoundTasks } from './boundTasks.ts';
import { mayUse } from './boundTasks.ts';
import type { Call } from '../call.ts';
import { edited, placesOf, type Paths, type Place } from '../jsonPlaces.ts';
import { isJsonObject } from '../../mcp/jsonRpc.ts';
import type { Task, TaskIds } from './taskIds.ts';
import { mayConcernTasks, RELATED_TASK, TASK_SUBSCRIPTIONS } from '../../mcp/taskNames.ts';

const RELATED: Paths = { _meta: { [RELATED_TASK]: true } };

/** Where a server names its tasks, but for the lists that are not served. */
const NAMED: Paths = {
  result: { task: { taskId: true }, taskId: true, ...RELATED },
  params: {
    taskId: true,
    notifications: Object.fromEntries(TASK_SUBSCRIPTIONS.map((name) => [name, true as const])),
    ...RELATED,
  },
};

/** The id within the member that names the related task. */
const ITS_ID: Paths = { taskId: true };

/**
 * Puts the ids that clients hold in place of the server's own, in one message of a server. Only the answer to the call itself
 * makes a task this key's; any other id that is not known to be the key's can't be used with the id that the client gets.
 * Returns undefined for a message about nothing but such a task. What the server asks about the client's own tasks passes.
 */
export function sealTasks(
  text: string,
  message: unknown,
  call: Call,
  tasks: BoundTasks,
  ids: TaskIds,
): string | undefined {
  if (!isJsonObject(message) || !mayConcernTasks(text)) return text;
  const { method, id, params } = message;
  const ofServer = typeof method === 'string';
  if (ofServer && id !== undefined && method.startsWith('tasks/')) return text;
  if (ofServer && method.startsWith('notifications/tasks') && isJsonObject(params)) {
    if (known(params['taskId']) === undefined) return undefined;
  }
  const edits = placesOf(text, NAMED).flatMap((place) => {
    const { from, to } = place;
    const replacement = replaced(place, text.slice(from, to));
    return replacement === undefined ? [] : [{ from, to, text: replacement }];
  });
  return edits.length === 0 ? text : edited(text, edits);

  /** The JSON text that is to stand in place of a value; undefined: what stands there. */
  function replaced({ path }: Place, json: string): string | undefined {
    const value: unknown = JSON.parse(json);
    if (path.endsWith(RELATED_TASK)) return isJsonObject(value) ? related(json) : undefined;
    if (path.startsWith('params.notifications.')) {
      if (method !== 'notifications/subscriptions/acknowledged' || !Array.isArray(value)) return undefined;
      return JSON.stringify(value.flatMap((element) => known(element)?.id ?? []));
    }
    if (path === 'params.taskId' && !ofServer) return undefined;
    const isMade = isNewTask(path);
    const task = isMade ? undefined : known(value);
    const taskId = isMade && typeof value === 'string' ? made(value) : task?.id;
    return taskId === undefined ? undefined : JSON.stringify(taskId);
  }

  function isNewTask(path: string): boolean {
    if (ofServer || tasks.makingTool === undefined || id !== call.id) return false;
    if (call.era === 'legacy') return path === 'result.task.taskId';
    return (
      path === 'result.taskId' &&
      isJsonObject(message) &&
      isJsonObject(message['result']) &&
      message['result']['resultType'] === 'task'
    );
  }

  function made(upstreamId: string): string | undefined {
    return tasks.makingTool === undefined ? undefined : ids.made(tasks.owner, tasks.makingTool, upstreamId);
  }

  function known(upstreamId: unknown): Task | undefined {
    if (typeof upstreamId !== 'string') return undefined;
    const named = tasks.named.get(upstreamId);
    if (named !== undefined) return named;
    const found = ids.find(tasks.owner, upstreamId);
    return found?.tool !== undefined && mayUse(tasks.grant, found.tool) ? found : undefined;
  }

  function related(json: string): string {
    const edits = placesOf(json, ITS_ID).flatMap(({ from, to }) => {
      const taskId = mentioned(JSON.parse(json.slice(from, to)));
      return taskId === undefined ? [] : [{ from, to, text: JSON.stringify(taskId) }];
    });
    return edited(json, edits);
  }

  function mentioned(upstreamId: unknown): string | undefined {
    if (typeof upstreamId !== 'string') return undefined;
    return known(upstreamId)?.id ?? ids.mentioned(tasks.owner, upstreamId);
  }
}
