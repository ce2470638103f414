import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Era } from '../../mcp/eras.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import type { Listing } from '../lists.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { exposedName } from './exposedNames.ts';
import type { Member } from './member.ts';
import type { Known } from './memberLists.ts';
import type { ListName } from './memberParts.ts';

/** One item of a merged list. */
export interface MergedItem {
  /** By which clients name it, and which no other item has: an exposed name, a URI, a template. */
  readonly key: string;
  /** The member that it is of. */
  readonly server: string;
  /** By which the server names it. */
  readonly own: string;
  /** As clients get it. */
  readonly json: string;
}

/** The lists of several servers as one, in the order of its keys. */
export interface MergedList {
  readonly items: readonly MergedItem[];
  readonly byKey: ReadonlyMap<string, MergedItem>;
  /** How long it may be remembered, in milliseconds. */
  readonly ttlMs: number;
  /** Why the items of a server may not be what it would give now, by server. */
  readonly failures: Readonly<Record<string, string>>;
  /** Over its items, as clients get them. */
  readonly digest: string;
  /** What most clients ask for, by era, where it is the same for all of them. */
  readonly firstPages: Map<Era, Buffer>;
}

/** What a list holds of one member. */
export interface Share<Part extends ListName = ListName> {
  readonly member: Member;
  readonly known: Known<Part>;
}

/** The member of an item that names it. */
const KEY: Readonly<Record<ListName, string>> = {
  tools: 'name',
  prompts: 'name',
  resources: 'uri',
  resourceTemplates: 'uriTemplate',
};

/** An item that is named longer is left out: cursors name the item behind which a page begins. */
const MAX_KEY_CHARACTERS = 4_096;

/** Merged lists that are at hand, in bytes: beside the text of items, which belongs to the lists of servers, and with their first pages. */
const MAX_BYTES = 64 * 1024 * 1024;
const ITEM_BYTES = 200;

type RenderedItem = Omit<MergedItem, 'server'>;

/**
 * Merges lists. Each item is written once for each list that a server gives, whoever asks: its own members stay as they are, and
 * tools and prompts get the name of the aggregate. Where two servers have the same resource it is that of the first one.
 */
export class ListMerger {
  readonly #rendered = new WeakMap<object, Map<string, readonly RenderedItem[]>>();
  /** Clients with the same view of the same lists share what is made of them. */
  readonly #merged = new LRUCache<string, MergedList>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ items }) => items.reduce((sum, { json }) => sum + json.length + ITEM_BYTES, 1_000),
  });
  /** Names lists of servers, and grants, by which ones they are. */
  readonly #names = new WeakMap<object, number>();
  #lastName = 0;

  /** Merges a list of some members, in their order: the same for the same ones. */
  merge(list: ListName, shares: readonly Share[]): MergedList {
    const name = `${list} ${shares.map((share) => this.#nameOf(share)).join()}`;
    let merged = this.#merged.get(name);
    if (merged === undefined) this.#merged.set(name, (merged = this.#merge(list, shares)));
    return merged;
  }

  #nameOf({ member: { server, prefix, grant }, known: { value, failure = '' } }: Share): string {
    const numbers = [value, grant === 'all' ? undefined : grant].map((one) => {
      if (one === undefined) return 0;
      const known = this.#names.get(one);
      if (known !== undefined) return known;
      this.#names.set(one, ++this.#lastName);
      return this.#lastName;
    });
    return `${server} ${prefix} ${failure} ${numbers.join(' ')}`;
  }

  #merge(list: ListName, shares: readonly Share[]): MergedList {
    const byKey = new Map<string, MergedItem>();
    const failures: Record<string, string> = {};
    let ttlMs = Infinity;
    for (const { member, known } of shares) {
      if (known.failure !== undefined) failures[member.server] = known.failure;
      const listing = known.value;
      ttlMs = Math.min(ttlMs, known.failure === undefined && listing !== undefined ? listing.ttlMs : 0);
      if (listing === undefined) continue;
      for (const item of this.#render(list, listing, member.prefix)) {
        if (item.key.length <= MAX_KEY_CHARACTERS && !byKey.has(item.key) && mayUse(list, member, item.own))
          byKey.set(item.key, { ...item, server: member.server });
      }
    }
    const items = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    return {
      items,
      byKey,
      ttlMs: ttlMs === Infinity ? 0 : ttlMs,
      failures,
      digest: digestOf(items),
      firstPages: new Map(),
    };
  }

  #render(list: ListName, listing: Listing<JsonObject>, prefix: string): readonly RenderedItem[] {
    const known = this.#rendered.get(listing)?.get(prefix);
    if (known !== undefined) return known;
    const keyName = KEY[list];
    const isNamed = keyName === 'name';
    const rendered = listing.items.map((item) => {
      const own = String(item[keyName]);
      const key = isNamed ? exposedName(prefix, own) : own;
      return { key, own, json: stringifyLossless(key === own ? item : { ...item, name: key }) };
    });
    const byPrefix = this.#rendered.get(listing) ?? new Map<string, readonly RenderedItem[]>();
    this.#rendered.set(listing, byPrefix.set(prefix, rendered));
    return rendered;
  }
}

/** A key with tool grants finds nothing but tools. */
function mayUse(list: ListName, { grant }: Member, own: string): boolean {
  return grant === 'all' || (list === 'tools' && grant(own));
}

function digestOf(items: readonly MergedItem[]): string {
  const hash = createHash('sha256');
  for (const { json } of items) hash.update(json).update('\n');
  return hash.digest('base64');
}
