import type { Prompt, Resource, ResourceTemplate, Tool } from '../../../../src/mcp/catalogueItems.ts';
import type { ScreenName } from '../../frame/model.ts';
import type { Cursor } from '../../frame/lists/cursor.ts';

/** What a server offers. */
export interface Catalogue {
  readonly tools: readonly Tool[];
  readonly resources: readonly Resource[];
  readonly templates: readonly ResourceTemplate[];
  readonly prompts: readonly Prompt[];
}

/** A catalogue on the screen. */
export interface ShownCatalogue {
  readonly server: string;
  /** Undefined until it is read. */
  readonly catalogue: Catalogue | undefined;
  /** The work that reads it. */
  readonly work: number | undefined;
  readonly error: string | undefined;
  readonly cursor: Cursor;
}

export const CATALOGUE: ScreenName<ShownCatalogue> = { name: 'catalogue' };

/** One thing that a server offers. */
export interface CatalogueItem {
  readonly kind: 'tool' | 'resource' | 'template' | 'prompt';
  readonly name: string;
  readonly about: string;
  /** Of a tool. */
  readonly tool: Tool | undefined;
}

/** Lists everything that a server offers: tools, resources, templates, prompts. */
export function itemsOf(catalogue: Catalogue | undefined): readonly CatalogueItem[] {
  if (catalogue === undefined) return [];
  const { tools, resources, templates, prompts } = catalogue;
  return [
    ...tools.map((tool) => ({ kind: 'tool' as const, name: tool.name, about: aboutOf(tool), tool })),
    ...resources.map((item) => ({ kind: 'resource' as const, name: item.uri, about: aboutOf(item), tool: undefined })),
    ...templates.map((item) => ({
      kind: 'template' as const,
      name: item.uriTemplate,
      about: aboutOf(item),
      tool: undefined,
    })),
    ...prompts.map((item) => ({ kind: 'prompt' as const, name: item.name, about: aboutOf(item), tool: undefined })),
  ];
}

function aboutOf(item: Readonly<Record<string, unknown>>): string {
  const text = item['description'] ?? item['title'];
  return typeof text === 'string' ? text : '';
}
