import type { Principal } from '../auth/principal.ts';
import { APPROVAL_KEY, type ToolHold } from '../catalogue/toolHolds.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import { isJsonObject } from '../mcp/jsonRpc.ts';
import type { Listing } from '../upstream/lists.ts';

/** A server's tools as a key gets them. */
export interface ShownTools {
  readonly items: readonly Tool[];
  /** What the server lists and can't be used. */
  readonly leftOut: readonly { readonly name?: string; readonly reason: string }[];
}

/** Leaves out of a server's tools what a key is not granted, and what is withheld; marks what nobody has approved. */
export function shownTools(
  principal: Principal,
  server: string,
  { items, leftOut }: Pick<Listing<Tool>, 'items' | 'leftOut'>,
  hold: ToolHold | undefined,
): ShownTools {
  const granted = items.filter(({ name }) => allowsTool(principal, server, name));
  const unusable = (leftOut?.first ?? [])
    // A narrowed key is told of nothing that it may not use.
    .filter(({ name }) => name === undefined || allowsTool(principal, server, name))
    .map(({ name, reason }) => ({ ...(name !== undefined && { name }), reason }));
  return { items: granted.flatMap((tool) => heldTool(tool, hold)), leftOut: unusable };
}

/** Tells whether a key may use a tool. */
export function allowsTool(principal: Principal, server: string, tool: string): boolean {
  const grant = principal.grants.forServer(server);
  return grant === 'all' || grant?.(tool) === true;
}

/** A tool as clients get it, if they do. */
function heldTool(tool: Tool, hold: ToolHold | undefined): Tool[] {
  const why = hold?.ofDefinition(tool);
  if (hold === undefined || why === undefined) return [tool];
  if (hold.effect === 'hold') return [];
  const { _meta: meta } = tool;
  return [{ ...tool, _meta: { ...(isJsonObject(meta) ? meta : {}), [APPROVAL_KEY]: why } }];
}
