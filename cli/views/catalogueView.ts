import type { CatalogueThen, ItemThen } from '../../src/audit/catalogueHistory.ts';
import { present } from '../../src/administration/present.ts';
import type { Audience, CatalogueList } from '../../src/events/mcpCatalogue.ts';
import { CATALOGUE_LISTS } from '../../src/events/catalogueLists.ts';
import { escape } from '../../src/escape.ts';
import type { Field } from '../output/record.ts';
import type { Cell, Column } from '../output/table.ts';
import { formatTime } from './keyView.ts';

/** How the lists are named in JSON. */
const MEMBERS: Readonly<Record<CatalogueList, string>> = {
  tools: 'tools',
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'resource_templates',
};

const LABELS: Readonly<Record<CatalogueList, string>> = {
  tools: 'Tools',
  prompts: 'Prompts',
  resources: 'Resources',
  resourceTemplates: 'Templates',
};

/** Characters of a digest that tell it from others for a reader; JSON has all of it. */
const SHORT_DIGEST = 12;

/** Shows in JSON what a server offered. */
export function catalogueJson(server: string, { audience, lists, ...then }: CatalogueThen): object {
  return {
    server,
    era: audience.era,
    ...present({ capabilities: audience.capabilities, key: audience.key }),
    seen_at: then.seenAt,
    server_revision: then.serverRevision,
    digest: then.digest,
    ...(then.flapping && { flapping: true }),
    ...Object.fromEntries(
      CATALOGUE_LISTS.map((list) => {
        const { count, digest, items } = lists[list];
        const shown = items.map(({ key, digest: of, unapproved }) => ({
          name: key,
          digest: of,
          ...present({ unapproved }),
        }));
        return [MEMBERS[list], { count, ...present({ digest: digest === '' ? undefined : digest }), items: shown }];
      }),
    ),
  };
}

/** Names the clients that were offered a catalogue. */
export function audienceText({
  era,
  capabilities,
  key,
}: { readonly [Member in keyof Audience]: Audience[Member] | undefined } & Pick<Audience, 'era'>): string {
  const which = capabilities === undefined ? '' : ` with the capabilities ${capabilities.slice(0, SHORT_DIGEST)}`;
  return key === undefined ? `${era} clients${which}` : `${era} clients of the key ${key}${which}`;
}

/** As `audienceText`, where there is little room. */
export function audienceLabel({ era, capabilities, key }: Audience): string {
  const which = capabilities === undefined ? '' : `, capabilities ${capabilities.slice(0, SHORT_DIGEST)}`;
  return `${era}${which}${key === undefined ? '' : `, key ${key}`}`;
}

/** Counts what a server offered: 2 tools, 1 prompt. */
export function countsText({ lists }: Pick<CatalogueThen, 'lists'>): string {
  const parts = CATALOGUE_LISTS.flatMap((list) => {
    const { count } = lists[list];
    return count === 0
      ? []
      : [`${count.toLocaleString('en')} ${LABELS[list].toLowerCase().slice(0, count === 1 ? -1 : undefined)}`];
  });
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

/** What was seen of a catalogue, and when, in one line. */
export function catalogueLine(server: string, then: CatalogueThen): string {
  const { audience, seenAt, serverRevision, digest, flapping } = then;
  const seen = `seen ${formatTime(new Date(seenAt))} at its revision ${String(serverRevision)}`;
  const more = flapping ? '; it changed more often within that hour than is recorded' : '';
  return `${server} offered ${audienceText(audience)} ${countsText(then)} (digest ${digest.slice(0, SHORT_DIGEST)}, ${seen}${more}).`;
}

export const ITEM_COLUMNS: readonly Column[] = [
  { title: 'LIST' },
  { title: 'NAME', min: 16 },
  { title: 'DIGEST', min: SHORT_DIGEST },
  { title: 'APPROVAL', min: 8 },
];

/** Lays out each item of a catalogue, with what is not recorded by itself. */
export function itemCells({ lists }: CatalogueThen): Cell[][] {
  return CATALOGUE_LISTS.flatMap((list) => {
    const { count, items } = lists[list];
    const name = LABELS[list].toLowerCase();
    const more = count - items.length;
    return [
      ...items.map((item) => cellsOf(name, item, list === 'tools')),
      ...(more <= 0
        ? []
        : [[{ text: name }, { text: `and ${more.toLocaleString('en')} more` }, { text: '–' }, { text: '–' }]]),
    ];
  });
}

function cellsOf(list: string, { key, digest, unapproved }: ItemThen, isTool: boolean): Cell[] {
  return [
    { text: list },
    { text: escape(key), style: 'bold' },
    { text: digest.slice(0, SHORT_DIGEST) },
    unapproved === undefined
      ? { text: isTool ? 'approved' : '–', style: 'dim' }
      : { text: `not approved: ${unapproved}`, style: 'yellow' },
  ];
}

/** Shows people what a server offered, in few lines. */
export function catalogueFields(offered: readonly CatalogueThen[]): Field[] {
  return offered.flatMap((then): Field[] => [
    ['Offered', `${countsText(then)} to ${audienceText(then.audience)}, seen ${formatTime(new Date(then.seenAt))}`],
    ...CATALOGUE_LISTS.map((list): Field => [LABELS[list], listText(then.lists[list])]),
  ]);
}

function listText({ count, items }: CatalogueThen['lists'][CatalogueList]): string | undefined {
  if (count === 0) return undefined;
  const more = count > items.length ? [`and ${(count - items.length).toLocaleString('en')} more`] : [];
  const names = items.map(
    ({ key, unapproved }) => escape(key) + (unapproved === undefined ? '' : ` (${unapproved}, not approved)`),
  );
  return [...names, ...more].join(', ');
}
