import { isJsonObject, type JsonObject } from '../mcp/jsonRpc.ts';

type ContentBlock = JsonObject & { readonly type: string };

/** What a tool answers. `isError` is the tool's own failure, not the protocol's. */
export type ToolResult = JsonObject & {
  readonly content: readonly ContentBlock[];
  readonly isError?: boolean;
  readonly structuredContent?: unknown;
};

/** Members that a result need not have; some servers write null for one that is absent. */
const OPTIONAL: ReadonlySet<string> = new Set(['content', 'isError', 'structuredContent', '_meta']);

/**
 * Reads the result of a tool call, or names the member that is wrong. What the members hold is not shown: only the caller may
 * see it.
 */
export function readToolResult(result: JsonObject): { readonly result: ToolResult } | { readonly fault: string } {
  const present = Object.entries(result).filter(([name, value]) => value !== null || !OPTIONAL.has(name));
  // fromEntries defines members, so that one called __proto__ is one.
  const members: JsonObject = Object.fromEntries(present);
  // Absent in the results of servers from before 2024-11-05.
  const { content = [], isError } = members;
  if (!Array.isArray(content)) return { fault: 'content is not a list' };
  for (const [at, block] of (content as readonly unknown[]).entries()) {
    const fault = faultOfBlock(block);
    if (fault !== undefined) return { fault: `content[${at}]${fault}` };
  }
  if (isError !== undefined && typeof isError !== 'boolean') return { fault: 'isError is not true or false' };
  // Checked just now.
  return { result: (Object.hasOwn(members, 'content') ? members : { ...members, content }) as ToolResult };
}

function faultOfBlock(block: unknown): string | undefined {
  if (!isJsonObject(block)) return ' is not an object';
  const type = block['type'] ?? undefined;
  if (type === undefined) return '.type is missing';
  return typeof type === 'string' ? undefined : '.type is not a text';
}
