import { isJsonObject, type JsonObject } from './jsonRpc.ts';

export type Tool = JsonObject & { readonly name: string; readonly inputSchema: JsonObject };
export type Resource = JsonObject & { readonly name: string; readonly uri: string };
export type ResourceTemplate = JsonObject & { readonly name: string; readonly uriTemplate: string };
export type Skill = JsonObject & { readonly uri: string; readonly frontmatter: JsonObject };
export type Prompt = JsonObject & { readonly name: string };

/** What a member must be, as errors name it. */
type Needed = 'a text' | 'a text that is not empty' | 'an object';

/**
 * One of a server's lists: how it is asked for, and the members that every item must have. Only what we use is checked, and an
 * item is passed on as the server sent it.
 */
export interface ListKind<T> {
  /** The capability by which a server declares it. */
  readonly capability: string;
  readonly method: string;
  /** The member of a page that holds the items. */
  readonly member: string;
  readonly needs: Readonly<Partial<Record<keyof T & string, Needed>>>;
}

export const TOOLS: ListKind<Tool> = {
  capability: 'tools',
  method: 'tools/list',
  member: 'tools',
  needs: { name: 'a text that is not empty', inputSchema: 'an object' },
};
export const RESOURCES: ListKind<Resource> = {
  capability: 'resources',
  method: 'resources/list',
  member: 'resources',
  needs: { name: 'a text', uri: 'a text that is not empty' },
};
export const RESOURCE_TEMPLATES: ListKind<ResourceTemplate> = {
  capability: 'resources',
  method: 'resources/templates/list',
  member: 'resourceTemplates',
  needs: { name: 'a text', uriTemplate: 'a text that is not empty' },
};
export const PROMPTS: ListKind<Prompt> = {
  capability: 'prompts',
  method: 'prompts/list',
  member: 'prompts',
  needs: { name: 'a text that is not empty' },
};

/** Beside the capability they need the extension (SEP-2640, Capability Negotiation). */
export const SKILLS: ListKind<Skill> = {
  capability: 'resources',
  method: 'skills/list',
  member: 'skills',
  needs: { uri: 'a text that is not empty', frontmatter: 'an object' },
};

/** Reads an item of a list, or names what is wrong with it. */
export function readItem<T>({ needs }: ListKind<T>, entry: unknown): { readonly item: T } | { readonly fault: string } {
  if (!isJsonObject(entry)) return { fault: 'it is not an object' };
  for (const [member, needed] of Object.entries<Needed>(needs as Record<string, Needed>)) {
    const value = Object.hasOwn(entry, member) ? entry[member] : undefined;
    if (value === undefined || value === null) return { fault: `its ${member} is missing` };
    if (!isOf(needed, value)) return { fault: `its ${member} is not ${needed}` };
  }
  // Its members are those of T.
  return { item: entry as T };
}

function isOf(needed: Needed, value: unknown): boolean {
  if (needed === 'an object') return isJsonObject(value);
  return typeof value === 'string' && (needed === 'a text' || value !== '');
}
