import { extensionOf, SKILLS_EXTENSION } from '../mcp/extensions.ts';
import { findParamHeaders } from '../mcp/toolParamHeaders.ts';
import {
  PROMPTS,
  RESOURCE_TEMPLATES,
  RESOURCES,
  SKILLS,
  TOOLS,
  type ListKind,
  type Prompt,
  type Resource,
  type ResourceTemplate,
  type Skill,
  type Tool,
} from '../mcp/catalogueItems.ts';
import { EMPTY, listAll, orEmpty, type Listing, type ListOptions } from './lists.ts';
import type { Asker } from './request.ts';
import type { Upstream } from './upstream.ts';

type CatalogueOptions = Pick<ListOptions<unknown>, 'signal' | 'onRejected'>;
type Offering = Asker & Pick<Upstream, 'facts'>;

/** Lists the tools that a server offers. @throws UpstreamError, Unavailable, the reason of the signal */
export async function listTools(upstream: Offering, options: CatalogueOptions = {}): Promise<Listing<Tool>> {
  // Over HTTP a tool whose annotations are invalid can't be called (MCP 2026-07-28, basic/transports, Schema Extension).
  const refuse = upstream.facts.era === 'modern' ? invalidAnnotation : undefined;
  return await list(upstream, TOOLS, { ...options, refuse });
}

/** Lists the resources that a server offers. @throws UpstreamError, Unavailable, the reason of the signal */
export async function listResources(upstream: Offering, options: CatalogueOptions = {}): Promise<Listing<Resource>> {
  return await list(upstream, RESOURCES, options);
}

/** Lists the templates of resources that a server offers. @throws UpstreamError, Unavailable, the reason of the signal */
export async function listResourceTemplates(
  upstream: Offering,
  options: CatalogueOptions = {},
): Promise<Listing<ResourceTemplate>> {
  return await list(upstream, RESOURCE_TEMPLATES, options);
}

/** Lists the prompts that a server offers. @throws UpstreamError, Unavailable, the reason of the signal */
export async function listPrompts(upstream: Offering, options: CatalogueOptions = {}): Promise<Listing<Prompt>> {
  return await list(upstream, PROMPTS, options);
}

/** Lists the skills that a server offers (SEP-2640). @throws UpstreamError, Unavailable, the reason of the signal */
export async function listSkills(upstream: Offering, options: CatalogueOptions = {}): Promise<Listing<Skill>> {
  if (extensionOf(upstream.facts.capabilities, SKILLS_EXTENSION) === undefined) return EMPTY;
  return await list(upstream, SKILLS, options);
}

async function list<T>(upstream: Offering, kind: ListKind<T>, options: ListOptions<T>): Promise<Listing<T>> {
  const declared = upstream.facts.capabilities[kind.capability];
  if (declared === undefined || declared === null) return EMPTY;
  return await orEmpty(listAll(upstream, kind, options));
}

function invalidAnnotation({ inputSchema }: Tool): string | undefined {
  const found = findParamHeaders(inputSchema);
  return found.valid ? undefined : found.reason;
}
