import type { Prompt, Resource, ResourceTemplate, Tool } from '../../mcp/catalogueItems.ts';
import type { Listing } from '../lists.ts';
import type { ServerFacts } from '../upstream.ts';

/** What a server says and offers, part by part. */
export interface MemberParts {
  readonly facts: ServerFacts;
  readonly tools: Listing<Tool>;
  readonly prompts: Listing<Prompt>;
  readonly resources: Listing<Resource>;
  readonly resourceTemplates: Listing<ResourceTemplate>;
}
export type PartName = keyof MemberParts;
export type ListName = Exclude<PartName, 'facts'>;
