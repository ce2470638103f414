import { isJsonObject } from '../mcp/jsonRpc.ts';
import type { Call } from './call.ts';
import { isAboutOtherThanTools, toolCapabilitiesOnly, withoutTaskList } from './capabilityFilter.ts';
import { sealTasks } from './tasks/taskAnswer.ts';
import type { TaskIds } from './tasks/taskIds.ts';
import { mayConcernTasks } from '../mcp/taskNames.ts';
import { holdTools } from './heldTools.ts';
import { filterTools } from './toolListFilter.ts';

/**
 * Changes one message of a server, as text: what has to be another is edited, and all else stays byte for byte. Undefined: it
 * is not to be passed on, or is no message.
 * @param message the text, parsed, where it is
 */
export type AnswerRewrite = (text: string, message?: unknown) => string | undefined;

/** Methods whose answers hold the capabilities of a server. */
const OFFERING: ReadonlySet<string> = new Set(['initialize', 'server/discover', 'subscriptions/listen']);

/** Makes what changes a server's answer for the client; undefined: it passes as it is. */
export function answerRewrite(call: Call, ids: TaskIds): AnswerRewrite | undefined {
  const { grant, hold, method, tasks } = call;
  const changes: ((json: string) => string)[] = [];
  if (grant !== 'all') changes.push((json) => filterTools(json, grant));
  if (hold !== undefined) changes.push((json) => holdTools(json, hold));
  if (grant !== 'all' && method !== undefined && OFFERING.has(method)) changes.push(toolCapabilitiesOnly);
  if (method === 'initialize') changes.push(withoutTaskList);
  if (changes.length === 0 && tasks === undefined) return undefined;
  return (text, message) => {
    if (changes.length === 0 && !mayConcernTasks(text)) return text;
    const parsed = message ?? parseMessage(text);
    if (parsed === undefined) return undefined;
    if (grant !== 'all' && isJsonObject(parsed) && isAboutOtherThanTools(parsed['method'])) return undefined;
    const changed = changes.reduce((now, change) => change(now), text);
    return tasks === undefined ? changed : sealTasks(changed, parsed, call, tasks, ids);
  };
}

/** JSON has no undefined: it stands for what can't be parsed. */
export function parseMessage(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
