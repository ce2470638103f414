import { isOfUnknownFate, notMcp } from '../mcp/failures.ts';
import { Refused } from '../errors/appError.ts';
import { excerpt } from '../mcp/excerpt.ts';
import { isJsonObject, type JsonObject } from '../mcp/jsonRpc.ts';
import { isRepeatableTool } from '../mcp/resending.ts';
import { listTools } from './catalogue.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import { EMPTY } from './lists.ts';
import { request, type RequestOptions } from './request.ts';
import { readToolResult, type ToolResult } from './toolResult.ts';
import type { Upstream } from './upstream.ts';

/**
 * Calls a tool. A call that was lost is made once more when the tool says that it may be: only then is the server asked.
 * @throws UpstreamError, Refused (`input-required`, `unsupported-result`), Unavailable, the reason of the signal
 */
export async function callTool(
  upstream: Upstream,
  { name, args }: { readonly name: string; readonly args: JsonObject },
  options: Omit<RequestOptions, 'budget'> = {},
): Promise<ToolResult> {
  const attempt = (tool: Tool | undefined) =>
    request(upstream, { method: 'tools/call', params: { name, arguments: args } }, { ...options, tool });
  let result: JsonObject;
  try {
    result = await attempt(options.tool);
  } catch (error) {
    if (options.tool !== undefined || !isOfUnknownFate(error)) throw error;
    const listing = await listTools(upstream, options).catch(() => EMPTY);
    const tool = listing.items.find((item) => item.name === name);
    if (!isRepeatableTool(tool?.annotations)) throw error;
    result = await attempt(tool);
  }
  if (isTask(result)) throw answeredWithTask(upstream, name);
  const read = readToolResult(result);
  if ('fault' in read) throw notMcp(upstream, `answered a tool call with a malformed result: ${read.fault}`);
  return read.result;
}

/** A legacy server answers so where the request asks for a task (MCP 2025-11-25, basic/utilities/tasks), and some do unasked. */
function isTask({ task, content }: JsonObject): boolean {
  return isJsonObject(task) && content === undefined;
}

function answeredWithTask({ server, secrets }: Upstream, tool: string): Refused {
  const message = `The server "${server}" answered the call of ${excerpt(tool, secrets)} with a task in place of a result, which this caller can’t follow: call the tool with an MCP client, at /mcp/${server}.`;
  return new Refused('unsupported-result', message, { data: { server } });
}
