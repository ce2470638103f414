import { z } from 'zod';
import { present } from '../../src/administration/present.ts';
import { CATALOGUE_LISTS, type Audience, type CatalogueList } from '../../src/events/mcpCatalogue.ts';
import type { AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { audienceText } from './catalogueView.ts';
import type { Change } from './change.ts';

/** Names in one line of a change; a list may have a thousand. */
const MAX_NAMES = 20;

const itemSchema = z.object({ key: z.string() });
const differenceSchema = z.object({
  added: z.array(itemSchema),
  removed: z.array(z.string()),
  changed: z.array(itemSchema.extend({ differs: z.array(z.string()) })),
});
/** Of an event of a catalogue: what is shown of it. */
const changedSchema = z.object({
  audience: z.object({
    era: z.enum(['legacy', 'modern']),
    capabilities: z.string().optional(),
    key: z.string().optional(),
  }),
  facts: z.array(z.tuple([z.string(), z.string()])),
  lists: z.partialRecord(z.enum(CATALOGUE_LISTS), differenceSchema),
  flapping: z.literal(true).optional(),
});
type Changed = z.infer<typeof changedSchema>;
const approvedSchema = z.object({ tools: z.array(z.object({ name: z.string() })) });

const WORDS: Readonly<Record<CatalogueList, string>> = {
  tools: 'tools',
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'templates',
};

/** A screen shows the same events with each keystroke, and reading a long list is most of that. */
const read = new WeakMap<AuditEventRow, Changed | undefined>();

function changedBy(row: AuditEventRow): Changed | undefined {
  if (row.type !== 'McpServerCatalogueChanged') return undefined;
  if (!read.has(row)) read.set(row, changedSchema.safeParse(row.data).data);
  return read.get(row);
}

/** The clients that an event says something of; undefined: it is of no catalogue. */
export function audienceOfChange(row: AuditEventRow): Audience | undefined {
  const audience = changedBy(row)?.audience;
  if (audience === undefined) return undefined;
  const { era, capabilities, key } = audience;
  return { era, ...present({ capabilities, key }) };
}

/**
 * Finds what each event of a history changed in the catalogue, or approved of it, in their order. Where the history has several
 * kinds of clients, each change begins with those that it is for.
 */
export function catalogueChangesOf(history: readonly AuditEventRow[]): Change[][] {
  const audiences = new Set(
    history
      .map(audienceOfChange)
      .filter((each) => each !== undefined)
      .map((each) => audienceText(each)),
  );
  /** What the server said about itself last, to each audience. */
  const said = new Map<string, Changed['facts']>();
  return history.map((row) => {
    if (row.type === 'McpServerToolsApproved') return approvals(row);
    if (row.type === 'McpServerRegistered') said.clear();
    const changed = changedBy(row);
    if (changed === undefined) return [];
    const audience = JSON.stringify(changed.audience);
    const introduction = introductionChanges(said.get(audience), changed.facts);
    said.set(audience, changed.facts);
    return [
      ...(audiences.size > 1 ? [{ what: 'for', to: audienceText(changed.audience) }] : []),
      ...introduction,
      ...CATALOGUE_LISTS.flatMap((list) => listChanges(WORDS[list], changed.lists[list])),
      ...(changed.flapping === undefined
        ? []
        : [{ what: 'flapping', to: 'what follows within the hour is not recorded' }]),
    ];
  });
}

function approvals(row: AuditEventRow): Change[] {
  const tools = approvedSchema.safeParse(row.data).data?.tools ?? [];
  return tools.length === 0 ? [] : [{ what: 'tools approved', to: names(tools.map(({ name }) => name)) }];
}

function introductionChanges(before: Changed['facts'] | undefined, after: Changed['facts']): Change[] {
  if (before === undefined) return [];
  const [was, is] = [new Map(before), new Map(after)];
  const differing = [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
  return differing.length === 0 ? [] : [{ what: 'introduction changed', to: names(differing) }];
}

function listChanges(list: string, difference: z.infer<typeof differenceSchema> | undefined): Change[] {
  if (difference === undefined) return [];
  const { added, removed, changed } = difference;
  const parts: (readonly [string, readonly string[]])[] = [
    ['added', added.map(({ key }) => key)],
    ['removed', removed],
    ['changed', changed.map(({ key, differs }) => (differs.length === 0 ? key : `${key} (${differs.join(', ')})`))],
  ];
  const changes = parts.flatMap(([what, keys]) =>
    keys.length === 0 ? [] : [{ what: `${list} ${what}`, to: names(keys) }],
  );
  // Those behind the ones that are recorded, or of a name that the list has twice.
  return changes.length === 0 ? [{ what: `${list} changed`, to: 'beyond what is recorded by itself' }] : changes;
}

function names(all: readonly string[]): string {
  const more = all.length - MAX_NAMES;
  return more > 0 ? `${all.slice(0, MAX_NAMES).join(', ')} and ${more.toLocaleString('en')} more` : all.join(', ');
}
