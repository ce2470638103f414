import type { Tool } from '../mcp/catalogueItems.ts';
import type { Queryable } from '../postgres/database.ts';
import { readContent } from './rememberedContent.ts';
import { findRemembered, listRemembered } from './rememberedTable.ts';

/** The tools that a server has shown last to the clients of an audience. */
export interface RememberedTools {
  readonly audience: string;
  readonly tools: readonly Tool[];
}

/**
 * Reads the tools that a server has shown last, one audience after the other: each list may be large.
 * @param except audiences that are left out @throws Unavailable
 */
export async function* rememberedTools(
  db: Queryable,
  { name: server, revision }: { readonly name: string; readonly revision: number },
  except: ReadonlySet<string> = new Set(),
): AsyncGenerator<RememberedTools> {
  for (const { audience } of await listRemembered(db, server, revision)) {
    if (except.has(audience)) continue;
    const found = await findRemembered(db, { server, audience }, undefined);
    if (found === undefined || found.content === null || found.digest === null) continue;
    yield { audience, tools: readContent(found.content, found.digest)?.catalogue.lists.tools.items ?? [] };
  }
}
