import type { Tool } from '../mcp/catalogueItems.ts';
import type { Queryable } from '../postgres/database.ts';
import { readContent } from './rememberedContent.ts';
import { findRemembered, listRemembered } from './rememberedTable.ts';

/** The tools that a server has shown last to the clients of an audience. */
export interface RememberedTools {
  readonly audience: string;
  readonly tools: readonly Tool[];
  /** As they were when they were approved last, where they are others now, or gone. */
  readonly former: readonly Tool[];
}

/** Reads the tools that a server has shown last, one audience after the other: each list may be large. @throws Unavailable */
export async function* rememberedTools(
  db: Queryable,
  { name: server, revision }: { readonly name: string; readonly revision: number },
): AsyncGenerator<RememberedTools> {
  for (const { audience } of await listRemembered(db, server, revision)) {
    const found = await findRemembered(db, { server, audience }, undefined);
    if (found === undefined || found.content === null || found.digest === null) continue;
    const content = await readContent(found.content, found.digest);
    if (content !== undefined) yield { audience, tools: content.catalogue.lists.tools.items, former: content.former };
  }
}
