import { isSameAudience, mcpCatalogue, type McpCatalogueState } from '../commands/mcpCatalogue.ts';
import type { Decoded } from '../events/catalogue.ts';
import {
  mcpCatalogueEvents,
  type Audience,
  type CatalogueList,
  type McpCatalogueEvent,
} from '../events/mcpCatalogue.ts';
import { CATALOGUE_LISTS } from '../events/catalogueLists.ts';
import type { KnownEvent } from '../events/knownEvent.ts';

type CatalogueEvent = Decoded<McpCatalogueEvent>;

/** Checks whether an event is of a server's catalogue. */
export function isCatalogueEvent(event: KnownEvent): event is CatalogueEvent {
  return Object.hasOwn(mcpCatalogueEvents, event.type);
}

/** An item that a server offered, as it is recorded. */
export interface ItemThen {
  readonly key: string;
  readonly digest: string;
  /** Of a tool: no definition of it was approved yet, or this one was not. Absent: it was approved. */
  readonly unapproved?: 'new' | 'changed';
}

/** A list of a server; of a very long one the first items only. */
export interface ListThen {
  readonly count: number;
  readonly digest: string;
  readonly items: readonly ItemThen[];
}

/** What a server offered to an audience, as it was seen last. */
export interface CatalogueThen {
  readonly audience: Audience;
  /** When it was seen to offer this for the first time. */
  readonly seenAt: string;
  /** The revision of the server's stream at which it was asked. */
  readonly serverRevision: number;
  readonly digest: string;
  /** It changed so often within the hour that what came next was not recorded. */
  readonly flapping: boolean;
  readonly lists: Readonly<Record<CatalogueList, ListThen>>;
}

interface LastChange extends Pick<CatalogueThen, 'audience' | 'seenAt' | 'serverRevision' | 'flapping'> {
  readonly registeredAt: string;
}

/** Follows the events of a server's catalogue. */
export class CatalogueHistory {
  #state: McpCatalogueState = mcpCatalogue.initial;
  /** The last change for each audience. */
  #changes: LastChange[] = [];

  follow(event: CatalogueEvent): void {
    this.#state = mcpCatalogue.evolve(this.#state, event);
    if (event.type !== 'McpServerCatalogueChanged') return;
    const { registeredAt, audience, observedAt: seenAt, serverRevision, flapping = false } = event.data;
    const others = this.#changes.filter(
      (each) => each.registeredAt === registeredAt && !isSameAudience(each.audience, audience),
    );
    this.#changes = [...others, { registeredAt, audience, seenAt, serverRevision, flapping }];
  }

  /** Gives what the server that was registered then offered; empty: nothing of it was seen. */
  of(registeredAt: Date): readonly CatalogueThen[] {
    const state = this.#state;
    if (state.status === 'none' || Date.parse(state.registeredAt) !== registeredAt.getTime()) return [];
    const approved = new Set(state.approved.map(({ name, digest }) => `${digest} ${name}`));
    const names = new Set(state.approved.map(({ name }) => name));
    const approvalOf = (key: string, digest: string): Pick<ItemThen, 'unapproved'> => {
      if (approved.has(`${digest} ${key}`)) return {};
      return { unapproved: names.has(key) ? 'changed' : 'new' };
    };
    return state.known.flatMap(({ audience, catalogue }) => {
      const change = this.#changes.find((each) => isSameAudience(each.audience, audience));
      if (change === undefined) return [];
      const { seenAt, serverRevision, flapping } = change;
      const lists = Object.fromEntries(
        CATALOGUE_LISTS.map((list): [CatalogueList, ListThen] => {
          const { count, digest, items } = catalogue.lists[list];
          const shown = items.map((item) => ({
            key: item.key,
            digest: item.digest,
            ...(list === 'tools' && approvalOf(item.key, item.digest)),
          }));
          return [list, { count, digest, items: shown }];
        }),
        // A cast: fromEntries forgets that each list is there.
      ) as Record<CatalogueList, ListThen>;
      return [{ audience, seenAt, serverRevision, digest: catalogue.digest, flapping, lists }];
    });
  }
}
