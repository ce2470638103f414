import { LRUCache } from 'lru-cache';
import { Refused } from '../../errors/appError.ts';
import { excerpt } from '../../mcp/excerpt.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { isRepeatableTool } from '../../mcp/resending.ts';
import { findParamHeaders, paramHeaderValues, type ParamHeaders } from '../../mcp/toolParamHeaders.ts';
import { readItem, TOOLS, type Tool } from '../../mcp/catalogueItems.ts';

/** As many as a list may have. */
const MAX_TOOLS = 20_000;

interface LearntTool {
  readonly paramHeaders: ParamHeaders;
  readonly isRepeatable: boolean;
}

/** What a modern server's lists have shown of its tools: which arguments are mirrored into headers, and whether a call may be sent twice. */
export class LearntTools {
  readonly #server: ServerLabel;
  readonly #tools = new LRUCache<string, LearntTool>({ max: MAX_TOOLS });

  constructor(server: ServerLabel) {
    this.#server = server;
  }

  has(name: string): boolean {
    return this.#tools.has(name);
  }

  clear(): void {
    this.#tools.clear();
  }

  /** Learns a page of the list. */
  learnPage(result: JsonObject): void {
    const tools: unknown = result['tools'];
    if (!Array.isArray(tools)) return;
    for (const entry of tools as readonly unknown[]) {
      const read = readItem(TOOLS, entry);
      if ('item' in read) this.learn(read.item);
    }
  }

  learn(tool: Tool): void {
    const paramHeaders = findParamHeaders(tool.inputSchema);
    this.#tools.set(tool.name, { paramHeaders, isRepeatable: isRepeatableTool(tool.annotations) });
  }

  /**
   * Tells what a call of a tool needs (MCP 2026-07-28, basic/transports, Schema Extension).
   * @throws Refused when the server's definition of the tool is invalid
   */
  callOf(name: string, args: unknown): { paramHeaders: Record<string, string>; isRepeatable: boolean } {
    const learnt = this.#tools.get(name);
    if (learnt === undefined) return { paramHeaders: {}, isRepeatable: false };
    const { paramHeaders, isRepeatable } = learnt;
    if (!paramHeaders.valid) {
      const { server, secrets } = this.#server;
      throw new Refused(
        'invalid-tool',
        `The server "${server}" defines the tool ${excerpt(name, secrets)} wrongly: ${excerpt(paramHeaders.reason, secrets)}.`,
      );
    }
    return { paramHeaders: paramHeaderValues(paramHeaders.headers, isJsonObject(args) ? args : {}), isRepeatable };
  }
}
