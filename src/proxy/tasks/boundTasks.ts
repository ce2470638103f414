import { edited, placesOf, type Edit, type Paths } from '../jsonPlaces.ts';
import { isJsonObject } from '../../mcp/jsonRpc.ts';
import type { Message, NamedTask, TaskMessage } from '../message.ts';
import type { LocalAnswer } from '../localAnswer.ts';
import type { Task, TaskIds, TaskOwner } from './taskIds.ts';
import { taskNotFound } from './taskMessage.ts';

/** The tools that may be used, by name. */
export type UsableTools = 'all' | ((tool: string) => boolean);

/** The tasks that a call names, all of them the key's own. */
export interface BoundTasks {
  readonly owner: TaskOwner;
  /** The tools whose tasks the key may use. */
  readonly grant: UsableTools;
  /** By the server's own id. */
  readonly named: ReadonlyMap<string, Task>;
  /** The server's own id of the task that the call is about. */
  readonly subject: string | undefined;
  /** The tool whose call may be answered with a new task. */
  readonly makingTool: string | undefined;
}

export interface BoundCall {
  readonly tasks: BoundTasks;
  /** See Message: where the call is about tasks, those that made them. */
  readonly tools: readonly string[];
  readonly onlyTools: boolean;
  /** What goes to the server in place of the client's body, with the server's own ids; undefined: the body as it came. */
  readonly bytes: Buffer | undefined;
}

/** The id within the member that names the related task; it is there once (isReadOneWay). */
const RELATED_ID: Paths = { taskId: true };

/** Finds out which tasks a call has to do with; undefined: none. The stream of a legacy server may be about any task. */
export function bindTasks(
  httpMethod: 'POST' | 'GET' | 'DELETE',
  message: Message | undefined,
  owner: TaskOwner,
  grant: UsableTools,
  ids: TaskIds,
): BoundCall | LocalAnswer | undefined {
  if (httpMethod === 'GET') {
    const tasks = { owner, grant, named: new Map<string, Task>(), subject: undefined, makingTool: undefined };
    return { tasks, bytes: undefined, tools: [], onlyTools: false };
  }
  return message?.tasks === undefined ? undefined : bindMessage(message, message.tasks, owner, grant, ids);
}

/** Tells whether a tool may be used under a grant. */
export function mayUse(grant: UsableTools, tool: string): boolean {
  return grant === 'all' || grant(tool);
}

/**
 * Opens the ids of tasks in a message. One that is not this key's at this place, or of a tool that it may not use, is unknown,
 * whatever the reason. Where a notification or an answer names the task that it belongs to, an id that is not ours may be one of
 * the client's own tasks; it is left out, for the server might take it for its own.
 */
function bindMessage(
  message: Message,
  { text, mayMake, named }: TaskMessage,
  owner: TaskOwner,
  grant: UsableTools,
  ids: TaskIds,
): BoundCall | LocalAnswer {
  const found = new Map<string, Task>();
  const tools = new Set<string>();
  const edits: Edit[] = [];
  let subject: string | undefined;

  function open(id: unknown, { as }: NamedTask): string | undefined {
    const task = typeof id === 'string' ? ids.open(owner, id) : undefined;
    if (task === undefined) return undefined;
    const isAnswer = as === 'related' && message.kind !== 'request';
    if (task.tool === undefined ? !isAnswer : !mayUse(grant, task.tool)) return undefined;
    found.set(task.upstreamId, task);
    if (as !== 'related' && task.tool !== undefined) tools.add(task.tool);
    if (as === 'subject') subject = task.upstreamId;
    return task.upstreamId;
  }

  for (const name of named) {
    const { from, to, cutFrom, cutTo } = name.place;
    const json = opened(text.slice(from, to), name, (id) => open(id, name));
    if (json !== undefined) edits.push({ from, to, text: json });
    else if (name.as === 'related' && message.kind !== 'request') edits.push({ from: cutFrom, to: cutTo, text: '' });
    else return taskNotFound(message);
  }
  const makingTool = mayMake ? message.tools[0] : undefined;
  const isAboutTasks = tools.size > 0;
  return {
    tasks: { owner, grant, named: found, subject, makingTool },
    tools: isAboutTasks ? [...tools] : message.tools,
    onlyTools: isAboutTasks ? subject !== undefined : message.onlyTools,
    bytes: edits.length === 0 ? undefined : Buffer.from(edited(text, edits)),
  };
}

/** Replaces the ids in a JSON text that names tasks; undefined when one of them is unknown, or where there should be one. */
function opened(json: string, { as }: NamedTask, open: (id: unknown) => string | undefined): string | undefined {
  const value: unknown = JSON.parse(json);
  if (as === 'watched') {
    const list = Array.isArray(value) ? value.map(open) : [undefined];
    return list.includes(undefined) ? undefined : JSON.stringify(list);
  }
  if (as === 'subject') {
    const taskId = open(value);
    return taskId === undefined ? undefined : JSON.stringify(taskId);
  }
  const [place] = isJsonObject(value) ? placesOf(json, RELATED_ID) : [];
  const taskId = place === undefined ? undefined : open(JSON.parse(json.slice(place.from, place.to)));
  return place === undefined || taskId === undefined
    ? undefined
    : edited(json, [{ ...place, text: JSON.stringify(taskId) }]);
}
