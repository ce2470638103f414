import { isJsonObject, plainNumber } from '../mcp/jsonRpc.ts';
import type { Call } from './call.ts';
import { isAboutOtherThanTools, toolCapabilitiesOnly, withoutTaskList } from './capabilityFilter.ts';
import { sealTasks } from './tasks/taskAnswer.ts';
import type { TaskIds } from './tasks/taskIds.ts';
import { parseSteps } from '../mcp/slicedJson.ts';
import { mayConcernTasks } from '../mcp/taskNames.ts';
import { STEP_CHARACTERS, type Steps } from '../slices.ts';
import { holdTools } from './heldTools.ts';
import { filterTools } from './toolListFilter.ts';

/**
 * Changes one message of a server, as text: what has to be another is edited, and all else stays byte for byte. Undefined: it
 * is not to be passed on, or is no message. In steps: a list may be large.
 * @param message the text, parsed, where it is
 */
export type AnswerRewrite = (text: string, message?: unknown) => Steps<string | undefined>;

/** Methods whose answers hold the capabilities of a server. */
const OFFERING: ReadonlySet<string> = new Set(['initialize', 'server/discover', 'subscriptions/listen']);

/** Makes what changes a server's answer for the client; undefined: it passes as it is. */
export function answerRewrite(call: Call, ids: TaskIds): AnswerRewrite | undefined {
  const { grant, hold, method, tasks } = call;
  const changes: ((json: string) => Steps<string>)[] = [];
  if (grant !== 'all') changes.push((json) => filterTools(json, grant));
  if (hold !== undefined) changes.push((json) => holdTools(json, hold));
  if (grant !== 'all' && method !== undefined && OFFERING.has(method)) changes.push(inOneStep(toolCapabilitiesOnly));
  if (method === 'initialize') changes.push(inOneStep(withoutTaskList));
  if (changes.length === 0 && tasks === undefined) return undefined;
  return function* (text, message) {
    if (changes.length === 0 && !mayConcernTasks(text)) return text;
    const parsed = message ?? (yield* messageSteps(text));
    if (parsed === undefined) return undefined;
    if (grant !== 'all' && isJsonObject(parsed) && isAboutOtherThanTools(parsed['method'])) return undefined;
    let changed = text;
    for (const change of changes) changed = yield* change(changed);
    return tasks === undefined ? changed : sealTasks(changed, parsed, call, tasks, ids);
  };
}

/** What a server says about itself is bounded. */
function inOneStep(change: (json: string) => string): (json: string) => Steps<string> {
  // eslint-disable-next-line require-yield -- it is one step
  return function* (json) {
    return change(json);
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

/** As `parseMessage`, step by step. */
export function* messageSteps(text: string): Steps<unknown> {
  if (text.length <= STEP_CHARACTERS) return parseMessage(text);
  try {
    const message = yield* parseSteps(Buffer.from(text));
    // What is compared of it is a plain number, as for a short one.
    return isJsonObject(message) && 'id' in message ? { ...message, id: plainNumber(message['id']) } : message;
  } catch {
    return undefined;
  }
}
