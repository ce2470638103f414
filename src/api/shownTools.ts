import type { Principal } from '../auth/principal.ts';
import { screenedTools, type ToolHold } from '../catalogue/toolHolds.ts';
import type { Tool } from '../mcp/catalogueItems.ts';
import { inSlices } from '../slices.ts';
import type { Listing } from '../upstream/lists.ts';

/** A server's tools as a key gets them. */
export interface ShownTools {
  readonly items: readonly Tool[];
  /** What the server lists and can't be used. */
  readonly leftOut: readonly { readonly name?: string; readonly reason: string }[];
}

/** Leaves out of a server's tools what a key is not granted, and what is withheld; marks what nobody has approved. */
export async function shownTools(
  principal: Principal,
  server: string,
  { items, leftOut }: Pick<Listing<Tool>, 'items' | 'leftOut'>,
  hold: ToolHold | undefined,
): Promise<ShownTools> {
  const granted = items.filter(({ name }) => allowsTool(principal, server, name));
  const unusable = (leftOut?.first ?? [])
    // A narrowed key is told of nothing that it may not use.
    .filter(({ name }) => name === undefined || allowsTool(principal, server, name))
    .map(({ name, reason }) => ({ ...(name !== undefined && { name }), reason }));
  return { items: hold === undefined ? granted : await inSlices(screenedTools(granted, hold)), leftOut: unusable };
}

/** Tells whether a key may use a tool. */
export function allowsTool(principal: Principal, server: string, tool: string): boolean {
  const grant = principal.grants.forServer(server);
  return grant === 'all' || grant?.(tool) === true;
}
