import type { CatalogueList } from '../events/mcpCatalogue.ts';
import type { Prompt, Resource, ResourceTemplate, Tool } from '../mcp/catalogueItems.ts';
import type { Listing } from '../upstream/lists.ts';
import type { ServerFacts } from '../upstream/upstream.ts';

interface Items {
  readonly tools: Tool;
  readonly prompts: Prompt;
  readonly resources: Resource;
  readonly resourceTemplates: ResourceTemplate;
}

/** What a server says about itself, and all that it offers, as it has sent it. */
export interface OfferedCatalogue {
  readonly facts: ServerFacts;
  readonly lists: { readonly [List in CatalogueList]: Listing<Items[List]> };
}
