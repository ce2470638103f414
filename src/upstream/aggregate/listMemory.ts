import type { Member } from './member.ts';
import type { MemberConnection } from './memberConnection.ts';
import type { MemberParts, PartName } from './memberParts.ts';

/** How many kinds of clients one API key may have remembered of a server: what they declare is theirs to choose. */
const MAX_KINDS = 8;
/** What a part takes besides its JSON, in bytes. */
const PART_BYTES = 1_000;

/** One part of one server. */
export interface RememberedPart {
  value: MemberParts[PartName] | undefined;
  /** Of its JSON, in bytes. */
  bytes: number;
  readAt: number;
  isOutdated: boolean;
  failure: string | undefined;
  failures: number;
  failedAt: number;
  loading: Loading | undefined;
  /** Why it was not read last, where that was for the client that asked, and says nothing of the server. */
  refusal: string | undefined;
  /** Its value, as it is, is in the record of its server. */
  isNoted: boolean;
  /** What all gateways remember is being looked up. */
  restoring: Promise<void> | undefined;
  /** Somebody got it as not known. */
  isMissed: boolean;
  /** Those that the server has sent that it changed, while it is about to be read. */
  readonly announcedTo: Set<MemberConnection>;
}

/** A part that is being read, for the first client that has asked for it. */
export interface Loading {
  readonly done: Promise<void>;
  readonly since: number;
  readonly by: MemberConnection;
}

/** What is remembered of one server for clients of one kind. */
interface Entry {
  readonly server: string;
  readonly listsKey: string;
  /** The API key for which it was read first. */
  readonly owner: string;
  readonly parts: Map<PartName, RememberedPart>;
  bytes: number;
}

/**
 * What is remembered of servers, bounded by the bytes of its JSON. Where room is needed, the API key that takes the most of it loses
 * what it has not used for the longest time: no key drives out what the others use.
 */
export class ListMemory {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Entry>();
  /** The entries of each API key, those used last at the end. */
  readonly #owned = new Map<string, { readonly entries: Set<Entry>; bytes: number }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of what is remembered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gives a part to read or write. */
  use(member: Member, part: PartName): RememberedPart {
    const entry = this.#entries.get(member.listsKey) ?? this.#add(member);
    const owned = this.#owned.get(entry.owner);
    owned?.entries.delete(entry);
    owned?.entries.add(entry);
    let known = entry.parts.get(part);
    if (known === undefined) {
      entry.parts.set(part, (known = unread()));
      this.#grow(entry, PART_BYTES);
    }
    return known;
  }

  peek(listsKey: string, part: PartName): RememberedPart | undefined {
    return this.#entries.get(listsKey)?.parts.get(part);
  }

  /** Takes a value of a part in. One that was forgotten meanwhile takes no room. */
  put(listsKey: string, part: PartName, known: RememberedPart, value: MemberParts[PartName], bytes: number): void {
    const entry = this.#entries.get(listsKey);
    if (entry?.parts.get(part) === known) this.#grow(entry, bytes - known.bytes);
    known.value = value;
    known.bytes = bytes;
  }

  #add({ server, listsKey, owner }: Member): Entry {
    const entry: Entry = { server, listsKey, owner, parts: new Map(), bytes: 0 };
    const owned = this.#owned.get(owner) ?? { entries: new Set(), bytes: 0 };
    this.#owned.set(owner, owned);
    const alike = [...owned.entries].filter((other) => other.server === server);
    const [oldest] = alike;
    if (alike.length >= MAX_KINDS && oldest !== undefined) this.#forget(oldest);
    // Again, for what was forgotten may have been its last one.
    this.#owned.set(owner, owned);
    owned.entries.add(entry);
    this.#entries.set(listsKey, entry);
    return entry;
  }

  #grow(entry: Entry, bytes: number): void {
    entry.bytes += bytes;
    this.#bytes += bytes;
    const owned = this.#owned.get(entry.owner);
    if (owned !== undefined) owned.bytes += bytes;
    while (this.#bytes > this.#maxBytes) {
      const [oldest] = this.#largest()?.entries ?? [];
      if (oldest === undefined) return;
      this.#forget(oldest);
    }
  }

  #largest(): { readonly entries: Set<Entry>; readonly bytes: number } | undefined {
    let largest: { readonly entries: Set<Entry>; readonly bytes: number } | undefined;
    for (const owned of this.#owned.values()) if (owned.bytes > (largest?.bytes ?? 0)) largest = owned;
    return largest;
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.listsKey);
    this.#bytes -= entry.bytes;
    const owned = this.#owned.get(entry.owner);
    if (owned === undefined) return;
    owned.entries.delete(entry);
    owned.bytes -= entry.bytes;
    if (owned.entries.size === 0) this.#owned.delete(entry.owner);
  }
}

function unread(): RememberedPart {
  return {
    value: undefined,
    bytes: 0,
    readAt: -Infinity,
    isOutdated: true,
    failure: undefined,
    failures: 0,
    failedAt: -Infinity,
    loading: undefined,
    refusal: undefined,
    isNoted: false,
    restoring: undefined,
    isMissed: false,
    announcedTo: new Set(),
  };
}
