import { isJsonObject } from '../mcp/jsonRpc.ts';

type MayUse = (tool: string) => boolean;

/**
 * Takes the tools that are not granted out of a message: any with `result.tools` is a tool list. Returns the very same message
 * when nothing is to be taken out.
 */
export function filterTools(message: unknown, mayUse: MayUse): unknown {
  if (Array.isArray(message)) {
    const filtered = message.map((element: unknown) => filterTools(element, mayUse));
    return filtered.some((element, index) => element !== message[index]) ? filtered : message;
  }
  if (!isJsonObject(message) || !isJsonObject(message['result'])) return message;
  const { result } = message;
  const tools: unknown = result['tools'];
  if (tools === undefined) return message;
  const granted = Array.isArray(tools) ? tools.filter((tool) => isGranted(tool, mayUse)) : [];
  if (Array.isArray(tools) && granted.length === tools.length) return message;
  return { ...message, result: { ...result, tools: granted } };
}

function isGranted(tool: unknown, mayUse: MayUse): boolean {
  return isJsonObject(tool) && typeof tool['name'] === 'string' && mayUse(tool['name']);
}
