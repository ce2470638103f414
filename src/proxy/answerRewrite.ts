import type { Call } from './call.ts';
import { sealTasks } from './taskAnswer.ts';
import type { TaskIds } from './taskIds.ts';
import { withoutTaskList } from './taskListOffer.ts';
import { mayConcernTasks } from './taskNames.ts';
import { filterTools } from './toolListFilter.ts';

/**
 * Changes one message of a server, as text; one with nothing to change stays as it is, byte for byte. Undefined: it is not to
 * be passed on, or is no message.
 * @param message the text, parsed, where it is
 */
export type AnswerRewrite = (text: string, message?: unknown) => string | undefined;

/** Says what in a server's answer has to be changed for the client; undefined for nothing: it passes as bytes. */
export function answerRewrite(call: Call, ids: TaskIds): AnswerRewrite | undefined {
  const { grant, method, tasks } = call;
  const changes: ((message: unknown) => unknown)[] = [];
  if (grant !== 'all') changes.push((message) => filterTools(message, grant));
  if (method === 'initialize') changes.push(withoutTaskList);
  if (changes.length === 0 && tasks === undefined) return undefined;
  return (text, message) => {
    if (changes.length === 0 && !mayConcernTasks(text)) return text;
    const parsed = message ?? parseMessage(text);
    if (parsed === undefined) return undefined;
    const changed = changes.reduce<unknown>((now, change) => change(now), parsed);
    const changedText = changed === parsed ? text : JSON.stringify(changed);
    return tasks === undefined ? changedText : sealTasks(changedText, changed, call, tasks, ids);
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
