import type { Audience, CatalogueList } from '../../src/events/mcpCatalogue.ts';
import { CATALOGUE_LISTS } from '../../src/events/catalogueLists.ts';
import type { AuditEventRow } from '../../src/projections/tables/auditEvents.ts';
import { listIn, objectIn, optionalIn, readable, textIn, textsIn, wordIn } from '../../src/storedJson.ts';
import { audienceText } from './catalogueView.ts';
import type { Change } from './change.ts';

/** Names in one line of a change; a list may have a thousand. */
const MAX_NAMES = 20;

/** What an event of a catalogue says of one list. */
interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly { readonly key: string; readonly differs: readonly string[] }[];
}

/** What is shown of an event of a catalogue. */
interface Changed {
  readonly audience: Audience;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly lists: ReadonlyMap<CatalogueList, Difference>;
  readonly isFlapping: boolean;
}

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
  if (!read.has(row))
    read.set(
      row,
      readable(() => changedIn(objectIn(row.data))),
    );
  return read.get(row);
}

/** The clients that an event says something of; undefined: it is of no catalogue. */
export function audienceOfChange(row: AuditEventRow): Audience | undefined {
  return changedBy(row)?.audience;
}

function changedIn(data: Readonly<Record<string, unknown>>): Changed {
  const audience = objectIn(data['audience']);
  return {
    audience: {
      era: wordIn(['legacy', 'modern'], audience['era']),
      ...optionalIn(audience, 'capabilities', textIn),
      ...optionalIn(audience, 'key', textIn),
    },
    facts: listIn(data['facts']).map((fact) => {
      const [name, value] = listIn(fact);
      return [textIn(name), textIn(value)] as const;
    }),
    lists: new Map(
      Object.entries(objectIn(data['lists'])).map(([list, difference]) => [
        wordIn(CATALOGUE_LISTS, list),
        differenceIn(objectIn(difference)),
      ]),
    ),
    isFlapping: data['flapping'] === true,
  };
}

function differenceIn({ added, removed, changed }: Readonly<Record<string, unknown>>): Difference {
  return {
    added: listIn(added).map((item) => textIn(objectIn(item)['key'])),
    removed: textsIn(removed),
    changed: listIn(changed).map((item) => {
      const { key, differs } = objectIn(item);
      return { key: textIn(key), differs: textsIn(differs) };
    }),
  };
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
      ...CATALOGUE_LISTS.flatMap((list) => listChanges(WORDS[list], changed.lists.get(list))),
      ...(changed.isFlapping ? [{ what: 'flapping', to: 'what follows within the hour is not recorded' }] : []),
    ];
  });
}

function approvals(row: AuditEventRow): Change[] {
  const tools = readable(() => listIn(objectIn(row.data)['tools']).map((tool) => textIn(objectIn(tool)['name'])));
  return tools === undefined || tools.length === 0 ? [] : [{ what: 'tools approved', to: names(tools) }];
}

function introductionChanges(before: Changed['facts'] | undefined, after: Changed['facts']): Change[] {
  if (before === undefined) return [];
  const [was, is] = [new Map(before), new Map(after)];
  const differing = [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
  return differing.length === 0 ? [] : [{ what: 'introduction changed', to: names(differing) }];
}

function listChanges(list: string, difference: Difference | undefined): Change[] {
  if (difference === undefined) return [];
  const { added, removed, changed } = difference;
  const parts: (readonly [string, readonly string[]])[] = [
    ['added', added],
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
