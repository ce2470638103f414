import { isJsonObject } from '../mcp/jsonRpc.ts';

/**
 * Takes `tasks/list` out of what a server offers in its answer to `initialize`: whose the tasks of a list are can't be known.
 * Returns the very same message when it is not there.
 */
export function withoutTaskList(message: unknown): unknown {
  if (!isJsonObject(message) || !isJsonObject(message['result'])) return message;
  const { result } = message;
  const { capabilities } = result;
  if (!isJsonObject(capabilities) || !isJsonObject(capabilities['tasks'])) return message;
  if (!Object.hasOwn(capabilities['tasks'], 'list')) return message;
  const { list: _list, ...tasks } = capabilities['tasks'];
  return { ...message, result: { ...result, capabilities: { ...capabilities, tasks } } };
}
