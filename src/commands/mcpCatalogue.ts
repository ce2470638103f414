import { Refused } from '../errors/appError.ts';
import type {
  ApprovedTool,
  Audience,
  CatalogueList,
  ListDifference,
  McpCatalogueEvent,
  RecordedItem,
} from '../events/mcpCatalogue.ts';
import { CATALOGUE_LISTS } from '../events/catalogueLists.ts';
import type { OnToolChange } from '../events/mcpServer.ts';
import type { Decider } from './decider.ts';

/** Changes recorded within an hour. A server whose lists flap goes on unrecorded until the hour is over. */
export const MAX_CHANGES_PER_HOUR = 12;
const HOUR_MS = 3_600_000;

/** Audiences whose catalogues are recorded: one client after the other could declare other capabilities. Those that declare none are beside them. */
export const MAX_AUDIENCES = 16;

/** Approved definitions of one tool: what it offers may depend on the client. The newest ones count. */
const MAX_DEFINITIONS = 32;

/** Tools in one event of an approval: an append holds 1 MiB. */
const APPROVED_AT_ONCE = 500;

// Commands. `at` is the time of the command, in milliseconds since the epoch.

/** A list in digests. */
export interface ListDigest {
  readonly digest: string;
  readonly count: number;
  /** By key; the first ones, where there are too many to record. */
  readonly items: readonly RecordedItem[];
}

/** What a server offers, in digests: all that the history keeps of it. */
export interface CatalogueDigest {
  readonly digest: string;
  readonly facts: RecordedItem['members'];
  readonly lists: Readonly<Record<CatalogueList, ListDigest>>;
}

export type McpCatalogueCommand =
  | {
      readonly type: 'Observe';
      readonly at: number;
      readonly serverRevision: number;
      readonly registeredAt: string;
      readonly audience: Audience;
      readonly catalogue: CatalogueDigest;
      readonly onToolChange: OnToolChange;
    }
  | {
      readonly type: 'Approve';
      readonly registeredAt: string;
      readonly tools: readonly ApprovedTool[];
      readonly reason?: string | undefined;
    };

// State

interface Known {
  readonly audience: Audience;
  readonly catalogue: CatalogueDigest;
}

export type McpCatalogueState =
  | { readonly status: 'none' }
  | {
      readonly status: 'known';
      readonly registeredAt: string;
      readonly known: readonly Known[];
      /** Every definition that an administrator has approved, or that the server's setting has let pass; the newest last. */
      readonly approved: readonly ApprovedTool[];
      /** When it was seen to change within the hour before the last change, in milliseconds since the epoch. */
      readonly changedAt: readonly number[];
    };

// Evolve

function evolve(state: McpCatalogueState, event: McpCatalogueEvent): McpCatalogueState {
  switch (event.type) {
    case 'McpServerCatalogueChanged': {
      const { observedAt, registeredAt, audience, digest, facts, lists, approves } = event.data;
      const before = ofServer(state, registeredAt);
      const was = catalogueFor(before, audience) ?? NOTHING;
      const { tools, prompts, resources, resourceTemplates } = lists;
      const catalogue: CatalogueDigest = {
        digest,
        facts,
        lists: {
          tools: applied(was.lists.tools, tools),
          prompts: applied(was.lists.prompts, prompts),
          resources: applied(was.lists.resources, resources),
          resourceTemplates: applied(was.lists.resourceTemplates, resourceTemplates),
        },
      };
      const passed = approves ? [...(tools?.added ?? []), ...(tools?.changed ?? [])] : [];
      const atMs = Date.parse(observedAt);
      return {
        status: 'known',
        registeredAt,
        known: [...before.known.filter((each) => !isSameAudience(each.audience, audience)), { audience, catalogue }],
        approved: withApproved(
          before.approved,
          passed.map(({ key, digest: definition }) => ({ name: key, digest: definition })),
        ),
        changedAt: [...withinTheHour(before.changedAt, atMs), atMs],
      };
    }
    case 'McpServerToolsApproved': {
      const { registeredAt, tools } = event.data;
      const before = ofServer(state, registeredAt);
      return { ...before, approved: withApproved(before.approved, tools) };
    }
  }
}

const EMPTY_LIST: ListDigest = { digest: '', count: 0, items: [] };
const NOTHING: CatalogueDigest = {
  digest: '',
  facts: [],
  lists: { tools: EMPTY_LIST, prompts: EMPTY_LIST, resources: EMPTY_LIST, resourceTemplates: EMPTY_LIST },
};

type KnownState = Extract<McpCatalogueState, { readonly status: 'known' }>;

/** The state, when it is about the server that was registered then; else that of a server of which nothing is known. */
function ofServer(state: McpCatalogueState, registeredAt: string): KnownState {
  if (state.status === 'known' && state.registeredAt === registeredAt) return state;
  return { status: 'known', registeredAt, known: [], approved: [], changedAt: [] };
}

/** Checks whether another server has taken over the name since: what is known of the former one comes too late. */
function isOfFormerServer(state: McpCatalogueState, registeredAt: string): boolean {
  return state.status === 'known' && Date.parse(registeredAt) < Date.parse(state.registeredAt);
}

function catalogueFor({ known }: KnownState, audience: Audience): CatalogueDigest | undefined {
  return known.find((each) => isSameAudience(each.audience, audience))?.catalogue;
}

/** Checks whether two audiences are the same one. */
export function isSameAudience(a: Audience, b: Audience): boolean {
  return a.era === b.era && a.capabilities === b.capabilities && a.key === b.key;
}

function withinTheHour(times: readonly number[], now: number): readonly number[] {
  return times.filter((at) => at > now - HOUR_MS && at <= now);
}

function applied(list: ListDigest, difference: ListDifference | undefined): ListDigest {
  if (difference === undefined) return list;
  const { digest, count, added, removed, changed } = difference;
  const items = new Map(list.items.map((item) => [item.key, item]));
  for (const key of removed) items.delete(key);
  for (const { key, digest: definition, members } of [...added, ...changed]) {
    items.set(key, { key, digest: definition, members });
  }
  return { digest, count, items: [...items.values()].sort(byKey) };
}

function withApproved(approved: readonly ApprovedTool[], more: readonly ApprovedTool[]): readonly ApprovedTool[] {
  if (more.length === 0) return approved;
  const byName = Map.groupBy([...approved, ...more], ({ name }) => name);
  return [...byName.values()].flatMap((definitions) =>
    [...new Map(definitions.map((each) => [each.digest, each])).values()].slice(-MAX_DEFINITIONS),
  );
}

function byKey(a: RecordedItem, b: RecordedItem): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

// Decide

function decide(command: McpCatalogueCommand, state: McpCatalogueState): McpCatalogueEvent[] {
  switch (command.type) {
    case 'Observe': {
      const { at, serverRevision, registeredAt, audience, catalogue, onToolChange } = command;
      if (isOfFormerServer(state, registeredAt)) return [];
      const before = ofServer(state, registeredAt);
      const was = catalogueFor(before, audience);
      if (was?.digest === catalogue.digest) return [];
      const isPlain = audience.capabilities === undefined && audience.key === undefined;
      if (was === undefined && !isPlain && before.known.length >= MAX_AUDIENCES) return [];
      const recent = withinTheHour(before.changedAt, at).length;
      if (recent >= MAX_CHANGES_PER_HOUR) return [];
      const lists = Object.fromEntries(
        CATALOGUE_LISTS.flatMap((list) => {
          const difference = differenceOf(was?.lists[list] ?? EMPTY_LIST, catalogue.lists[list]);
          return difference === undefined ? [] : [[list, difference]];
        }),
      );
      const data = {
        observedAt: new Date(at).toISOString(),
        serverRevision,
        registeredAt,
        audience,
        digest: catalogue.digest,
        facts: catalogue.facts,
        lists,
        // Nobody has seen any tool of it before: the administrator who registers a server trusts what it offers then.
        approves: (before.known.length === 0 && before.approved.length === 0) || onToolChange === 'allow',
      };
      const isLast = recent + 1 === MAX_CHANGES_PER_HOUR;
      return [{ type: 'McpServerCatalogueChanged', data: isLast ? { ...data, flapping: true } : data }];
    }
    case 'Approve': {
      const { registeredAt, tools, reason } = command;
      if (isOfFormerServer(state, registeredAt)) {
        throw new Refused(
          'catalogue-unknown',
          'Another server has the name by now. To see what it offers: metamcp-cli tools list',
        );
      }
      const { approved } = ofServer(state, registeredAt);
      const isApproved = new Set(approved.map(({ name, digest }) => `${digest} ${name}`));
      const missing = tools.filter(({ name, digest }) => !isApproved.has(`${digest} ${name}`));
      return chunksOf(missing).map((some) => ({
        type: 'McpServerToolsApproved',
        data: { registeredAt, tools: some, reason },
      }));
    }
  }
}

/** What makes the one list of the other; undefined: they are the same. */
export function differenceOf(before: ListDigest, now: ListDigest): ListDifference | undefined {
  if (before.count === now.count && (before.digest === now.digest || now.count === 0)) return undefined;
  const was = new Map(before.items.map((item) => [item.key, item]));
  const is = new Set(now.items.map(({ key }) => key));
  return {
    digest: now.digest,
    count: now.count,
    added: now.items.filter(({ key }) => !was.has(key)).map(copyOf),
    removed: before.items.filter(({ key }) => !is.has(key)).map(({ key }) => key),
    changed: now.items.flatMap((item) => {
      const former = was.get(item.key);
      if (former === undefined || former.digest === item.digest) return [];
      return [{ ...copyOf(item), differs: differingMembers(former, item) }];
    }),
  };
}

function copyOf({ key, digest, members }: RecordedItem): RecordedItem {
  return { key, digest, members: [...members] };
}

function differingMembers(before: RecordedItem, now: RecordedItem): string[] {
  const was = new Map(before.members);
  const is = new Map(now.members);
  return [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name)).sort();
}

function chunksOf(tools: readonly ApprovedTool[]): ApprovedTool[][] {
  return Array.from({ length: Math.ceil(tools.length / APPROVED_AT_ONCE) }, (_, i) =>
    tools.slice(i * APPROVED_AT_ONCE, (i + 1) * APPROVED_AT_ONCE),
  );
}

/** What may happen to the catalogue of a server. docs/architecture.md, Write path. */
export const mcpCatalogue: Decider<McpCatalogueState, McpCatalogueCommand, McpCatalogueEvent> = {
  category: 'mcpCatalogue',
  initial: { status: 'none' },
  stateVersion: 2,
  evolve,
  decide,
};
