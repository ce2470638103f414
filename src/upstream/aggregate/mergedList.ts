import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Era } from '../../mcp/eras.ts';
import { inSlices, STEP_CHARACTERS, type Steps } from '../../slices.ts';
import type { Listing } from '../lists.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { exposedItem, type ExposedItem } from './exposedItems.ts';
import type { Member } from './member.ts';
import type { Known } from './memberLists.ts';
import type { ListName } from './memberParts.ts';

/** One item of a merged list. Its key, an exposed name, a URI or a template, is that of no other item. */
export interface MergedItem extends ExposedItem {
  /** The member that it is of. */
  readonly server: string;
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

/** An item that is named longer is left out: cursors name the item behind which a page begins. */
const MAX_KEY_CHARACTERS = 4_096;

/** Merged lists that are at hand, in bytes: beside the text of items, which belongs to the lists of servers, and with their first pages. */
const MAX_BYTES = 64 * 1024 * 1024;
const ITEM_BYTES = 200;

/** Items that are merged in one step. */
const STEP_ITEMS = 2_000;

/**
 * Merges lists. Each item is written once for each list that a server gives, whoever asks (exposedItems.ts). Where two servers
 * have the same resource it is that of the first one.
 */
export class ListMerger {
  readonly #rendered = new WeakMap<object, Map<string, readonly ExposedItem[]>>();
  /** Clients with the same view of the same lists share what is made of them. */
  readonly #merged = new LRUCache<string, MergedList>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ items }) => items.reduce((sum, { json }) => sum + json.length + ITEM_BYTES, 1_000),
  });
  /** Those that are being merged. */
  readonly #merging = new Map<string, Promise<MergedList>>();
  /** Names lists of servers, and grants, by which ones they are. */
  readonly #names = new WeakMap<object, number>();
  #lastName = 0;

  /** Merges a list of some members, in their order: the same for the same ones. In slices, where there is much. */
  merge(list: ListName, shares: readonly Share[]): MergedList | Promise<MergedList> {
    const name = `${list} ${shares.map((share) => this.#nameOf(share)).join()}`;
    const known = this.#merged.get(name) ?? this.#merging.get(name);
    if (known !== undefined) return known;
    const merged = inSlices(this.#mergeSteps(list, shares));
    if (!(merged instanceof Promise)) {
      this.#merged.set(name, merged);
      return merged;
    }
    const done = merged
      .then((made) => {
        this.#merged.set(name, made);
        return made;
      })
      .finally(() => this.#merging.delete(name));
    this.#merging.set(name, done);
    return done;
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

  *#mergeSteps(list: ListName, shares: readonly Share[]): Steps<MergedList> {
    const byKey = new Map<string, MergedItem>();
    const failures: Record<string, string> = {};
    let ttlMs = Infinity;
    for (const { member, known } of shares) {
      if (known.failure !== undefined) failures[member.server] = known.failure;
      const listing = known.value;
      ttlMs = Math.min(ttlMs, known.failure === undefined && listing !== undefined ? listing.ttlMs : 0);
      if (listing === undefined) continue;
      const rendered =
        this.#rendered.get(listing)?.get(audienceOf(member)) ?? (yield* this.#renderSteps(list, listing, member));
      for (const [at, item] of rendered.entries()) {
        if (item.key.length <= MAX_KEY_CHARACTERS && !byKey.has(item.key) && mayUse(list, member, item.own))
          byKey.set(item.key, { ...item, server: member.server });
        if ((at + 1) % STEP_ITEMS === 0) yield;
      }
    }
    const items = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    return {
      items,
      byKey,
      ttlMs: ttlMs === Infinity ? 0 : ttlMs,
      failures,
      digest: yield* digestSteps(items),
      firstPages: new Map(),
    };
  }

  *#renderSteps(list: ListName, listing: Listing<JsonObject>, member: Member): Steps<readonly ExposedItem[]> {
    const rendered: ExposedItem[] = [];
    let characters = 0;
    for (const item of listing.items) {
      const exposed = yield* exposedItem(list, member, item);
      rendered.push(exposed);
      characters += exposed.json.length;
      if (characters < STEP_CHARACTERS) continue;
      characters = 0;
      yield;
    }
    const byAudience = this.#rendered.get(listing) ?? new Map<string, readonly ExposedItem[]>();
    this.#rendered.set(listing, byAudience.set(audienceOf(member), rendered));
    return rendered;
  }
}

/** What the text of an item depends on. */
function audienceOf({ server, prefix, grant }: Member): string {
  return `${server} ${prefix} ${grant === 'all' ? 'all' : 'tools'}`;
}

/** A key with tool grants finds nothing but tools. */
function mayUse(list: ListName, { grant }: Member, own: string): boolean {
  return grant === 'all' || (list === 'tools' && grant(own));
}

function* digestSteps(items: readonly MergedItem[]): Steps<string> {
  const hash = createHash('sha256');
  let characters = 0;
  for (const { json } of items) {
    hash.update(json).update('\n');
    characters += json.length;
    if (characters < STEP_CHARACTERS) continue;
    characters = 0;
    yield;
  }
  return hash.digest('base64');
}
