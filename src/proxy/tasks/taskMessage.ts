import { isUtf8 } from 'node:buffer';
import { placesOf, type Paths } from '../jsonPlaces.ts';
import { isJsonObject } from '../../mcp/jsonRpc.ts';
import { CAPABILITIES_KEY, type Message, type NamedTask, type TaskMessage } from '../message.ts';
import { INVALID_PARAMS, INVALID_REQUEST, MISSING_CLIENT_CAPABILITY } from '../../mcp/errorCodes.ts';
import { methodNotFound, ambiguousMessage, serverError, DROPPED, type LocalAnswer } from '../localAnswer.ts';
import { isReadOneWay } from '../strictMembers.ts';
import {
  mayConcernTasks,
  RELATED_TASK,
  TASK_METHODS,
  TASK_SUBSCRIPTIONS,
  TASKS_EXTENSION,
} from '../../mcp/taskNames.ts';

const SUBJECT: Paths = { taskId: true };
const WATCHED: Paths = { notifications: Object.fromEntries(TASK_SUBSCRIPTIONS.map((name) => [name, true as const])) };
const RELATED: Paths = { _meta: { [RELATED_TASK]: true } };

/** Methods of whatever spelling that tasks may have. */
const TASKS = /^tasks\//i;

/**
 * Finds out what a message has to do with tasks of the server: undefined for nothing. What must not reach the server is
 * answered: a text about tasks that could be read in two ways, a batch (the revision that has tasks has none), and a method
 * whose answer could not be kept to the key's own tasks.
 */
export function readTasks(
  message: Message,
  parsed: unknown,
  body: Buffer,
  text: string,
): TaskMessage | LocalAnswer | undefined {
  const isText = isUtf8(body);
  if (isText && !mayConcernTasks(text)) return undefined;
  if (!isText || !isReadOneWay(text)) return ambiguousMessage(message.id);
  if (Array.isArray(parsed)) {
    const isAboutTasks = parsed.some(isTasksCall) || placesOf(text, { params: RELATED, result: RELATED }).length > 0;
    return isAboutTasks
      ? serverError(400, null, INVALID_REQUEST, 'Messages about tasks can’t be in a batch.', {
          outcome: 'invalid-request',
        })
      : undefined;
  }
  if (!isJsonObject(parsed)) return undefined;
  const { method, params } = parsed;
  if (typeof method === 'string' && TASKS.test(method) && !TASK_METHODS.has(method)) {
    return message.kind === 'request' ? methodNotFound(message.era, message.id, 'method-not-found') : DROPPED;
  }
  const named = namedTasks(method, text);
  const refused = message.era === 'modern' ? refusedOfModern(message, method, params, named) : undefined;
  if (refused !== undefined) return refused;
  if (typeof method === 'string' && TASK_METHODS.has(method) && !named.some(isSubject)) return taskNotFound(message);
  const mayMake = message.kind === 'request' && message.tools.length === 1 && asksForTask(message, params);
  return mayMake || named.length > 0 ? { text, mayMake, named } : undefined;
}

/**
 * Answers what no server may serve from 2026-07-28 on: a method that the extension has removed, and whatever names tasks where the
 * client does not declare it (extension tasks, Error Handling and Backward Compatibility). A task's id would be judged first otherwise.
 */
function refusedOfModern(
  { kind, id, era }: Message,
  method: unknown,
  params: unknown,
  named: readonly NamedTask[],
): LocalAnswer | undefined {
  if (kind !== 'request') return undefined;
  if (method === 'tasks/result') return methodNotFound(era, id, 'method-not-found');
  const isAboutTasks = TASK_METHODS.has(String(method)) || named.some(({ as }) => as !== 'related');
  if (!isAboutTasks || declaresTasks(params)) return undefined;
  const requiredCapabilities = { extensions: { [TASKS_EXTENSION]: {} } };
  return serverError(400, id, MISSING_CLIENT_CAPABILITY, 'Missing required client capability', {
    data: { requiredCapabilities },
    outcome: 'missing-client-capability',
  });
}

/** The answer for a task that does not exist as far as the key may know (MCP 2025-11-25, tasks, "Protocol Errors"). */
export function taskNotFound({ kind, id }: Pick<Message, 'kind' | 'id'>): LocalAnswer {
  if (kind !== 'request') return DROPPED;
  return serverError(200, id, INVALID_PARAMS, 'Failed to retrieve task: Task not found', {
    outcome: 'task-not-found',
  });
}

function namedTasks(method: unknown, text: string): NamedTask[] {
  const isAboutTask = typeof method === 'string' && TASK_METHODS.has(method);
  const ofMethod = isAboutTask ? SUBJECT : method === 'subscriptions/listen' ? WATCHED : {};
  return placesOf(text, { params: { ...RELATED, ...ofMethod }, result: RELATED }).map((place) => {
    if (place.path.endsWith(RELATED_TASK)) return { place, as: 'related' };
    return { place, as: isAboutTask ? 'subject' : 'watched' };
  });
}

function isSubject({ as }: NamedTask): boolean {
  return as === 'subject';
}

/** From 2026-07-28 on the server may make a task unasked, if only the client knows tasks. */
function asksForTask({ era }: Message, params: unknown): boolean {
  return era === 'legacy' ? isJsonObject(params) && params['task'] !== undefined : declaresTasks(params);
}

function declaresTasks(params: unknown): boolean {
  const meta = isJsonObject(params) ? params['_meta'] : undefined;
  const capabilities = isJsonObject(meta) ? meta[CAPABILITIES_KEY] : undefined;
  const extensions = isJsonObject(capabilities) ? capabilities['extensions'] : undefined;
  return isJsonObject(extensions) && Object.hasOwn(extensions, TASKS_EXTENSION);
}

function isTasksCall(element: unknown): boolean {
  return isJsonObject(element) && typeof element['method'] === 'string' && TASKS.test(element['method']);
}
