import { Unavailable, type AppError } from '../errors.ts';
import { isObject } from './message.ts';

type MayUse = (tool: string) => boolean;

/** Takes the tools that are not granted out of a JSON answer; one without such tools stays as it is, byte for byte. */
export function filterToolsInBody(body: Buffer, mayUse: MayUse): Buffer | string | AppError {
  const message = parse(body.toString('utf8'));
  if (message === undefined) return new Unavailable('upstream-truncated', 'The server sent half a JSON document.');
  const filtered = filterTools(message, mayUse);
  return filtered === message ? body : JSON.stringify(filtered);
}

/** Takes the tools that are not granted out of the data of an event. Returns undefined when it is not a message. */
export function filterToolsInText(text: string, mayUse: MayUse): string | undefined {
  const message = parse(text);
  if (message === undefined) return undefined;
  const filtered = filterTools(message, mayUse);
  return filtered === message ? text : JSON.stringify(filtered);
}

/** Returns the very same message when nothing is to be taken out: any with `result.tools` is a tool list. */
function filterTools(message: unknown, mayUse: MayUse): unknown {
  if (Array.isArray(message)) {
    const filtered = message.map((element: unknown) => filterTools(element, mayUse));
    return filtered.some((element, index) => element !== message[index]) ? filtered : message;
  }
  if (!isObject(message) || !isObject(message['result'])) return message;
  const { result } = message;
  const tools: unknown = result['tools'];
  if (tools === undefined) return message;
  const granted = Array.isArray(tools) ? tools.filter((tool) => isGranted(tool, mayUse)) : [];
  if (Array.isArray(tools) && granted.length === tools.length) return message;
  return { ...message, result: { ...result, tools: granted } };
}

function isGranted(tool: unknown, mayUse: MayUse): boolean {
  return isObject(tool) && typeof tool['name'] === 'string' && mayUse(tool['name']);
}

/** JSON has no undefined: it stands for what can't be parsed. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
