import type { Audience } from '../events/mcpCatalogue.ts';
import type { Invalidations } from '../live/invalidations.ts';
import { createMemory, type Memory } from '../live/memory.ts';
import type { Queryable } from '../postgres/database.ts';
import { approvedDefinitions, listApprovedTools } from '../projections/tables/approvedTools.ts';
import { findServer } from '../projections/tables/mcpServers.ts';
import { audienceId, audienceOfId } from './audience.ts';
import type { OfferedCatalogue } from './offeredCatalogue.ts';
import { readContent, unapprovedOf, type RememberedContent, type UnapprovedTool } from './rememberedContent.ts';
import {
  findNewestAudience,
  findRemembered,
  findRememberedState,
  type RememberedRow,
  type RememberedState,
} from './rememberedTable.ts';

/** Catalogues in the memory of a process, and their JSON in bytes. */
const CAPACITY = 10_000;
const MAX_BYTES = 128 * 1024 * 1024;

/** Which catalogue: that of a server at a revision, for an audience. */
export interface CatalogueOf {
  readonly server: string;
  readonly revision: number;
  readonly audience: Audience;
}

/** What is known of a server's catalogue. */
export interface RememberedCatalogue {
  /** Of the server, as it was asked. */
  readonly revision: number;
  /** When the server was registered. */
  readonly registeredAt: string;
  /** What the server offered last; undefined: it was never read, or made room for others. */
  readonly offered: OfferedCatalogue | undefined;
  readonly digest: string | undefined;
  readonly readAt: number | undefined;
  readonly outdated: boolean;
  readonly attempts: number;
  /** Why it may not be what the server would offer now. */
  readonly failure: { readonly code: string; readonly times: number; readonly at: number } | undefined;
  /** The approved definitions of its tools, by the name as it is recorded. */
  readonly approved: ReadonlyMap<string, ReadonlySet<string>>;
  /** By name: the tools that nobody has approved as they are now. */
  readonly unapproved: ReadonlyMap<string, UnapprovedTool>;
}

/** As much of it as is needed to ask the server again. */
export type KnownState = Omit<RememberedCatalogue, 'registeredAt' | 'approved' | 'unapproved'>;

interface Held extends RememberedCatalogue {
  readonly content: RememberedContent | undefined;
  readonly version: string;
}

/** What servers offer, in this process's memory; read with no SQL on a hit. */
export interface RememberedCatalogues extends Disposable {
  /** Answers synchronously when memory knows it; undefined: nothing is known of this server at this revision. @throws Unavailable */
  find(of: CatalogueOf): RememberedCatalogue | undefined | Promise<RememberedCatalogue | undefined>;
  /**
   * Gives what a server offered last to an audience, or else to others of its era and key: what a client gets while the server
   * can't be asked. @throws Unavailable
   */
  findLast(of: CatalogueOf): Promise<OfferedCatalogue | undefined>;
  /** Reads what is known of a catalogue, but for what is in it. @throws Unavailable */
  state(of: CatalogueOf): Promise<KnownState | undefined>;
  /** Adds a listener for catalogues that are others, or whose approvals are; returns what removes it. */
  onChange(listener: (server: string, audience: string) => void): () => void;
  /** Adds a listener for whatever may have become known; undefined: of any server. Returns what removes it. */
  onNotified(listener: (servers: readonly string[] | undefined) => void): () => void;
}

/** The text by which a catalogue is found in memory. A server's name has no blank. */
export function catalogueId({ server, audience }: Pick<CatalogueOf, 'server' | 'audience'>): string {
  return `${server} ${audienceId(audience)}`;
}

/** Makes the memory of what servers offer. docs/architecture.md, What servers offer. */
export function createRememberedCatalogues({
  db,
  invalidations,
}: {
  readonly db: Queryable;
  readonly invalidations: Pick<Invalidations, 'trusted' | 'onInvalidation'>;
}): RememberedCatalogues {
  /** Contents that are in memory, so that what did not change is neither read nor parsed again. */
  const held = new Map<string, WeakRef<RememberedContent>>();
  const collected = new FinalizationRegistry<string>((id) => {
    if (held.get(id)?.deref() === undefined) held.delete(id);
  });

  async function load(id: string): Promise<Held | undefined> {
    const [server = '', audience = ''] = id.split(' ');
    const had = held.get(id)?.deref();
    const row = await findRemembered(db, { server, audience }, had?.digest);
    const registered = row && (await findServer(db, server));
    if (row === undefined || registered === undefined) return undefined;
    const content = row.digest === had?.digest ? had : await contentOf(row);
    if (content !== undefined && content !== had) {
      held.set(id, new WeakRef(content));
      collected.register(content, id);
    }
    const { createdAt } = registered;
    const approved = approvedDefinitions(await listApprovedTools(db, server), createdAt);
    const unapproved = content === undefined ? new Map<string, UnapprovedTool>() : unapprovedOf(content, approved);
    const { revision, readAt, outdated, attempts, failure } = row;
    return {
      ...stateOf(row),
      registeredAt: createdAt.toISOString(),
      offered: content?.catalogue,
      digest: content?.digest,
      approved,
      unapproved,
      content,
      version: JSON.stringify([
        revision,
        createdAt,
        content?.digest,
        readAt,
        outdated,
        attempts,
        failure,
        [...unapproved],
        [...approved].map(([tool, digests]) => [tool, ...digests]),
      ]),
    };
  }

  const memory: Memory<string, Held> = createMemory<string, Held>({
    invalidations,
    capacity: CAPACITY,
    room: { bytes: MAX_BYTES, of: ({ content }) => 1_000 + (content?.bytes ?? 0) },
    same: (before, after) => before.version === after.version,
    select({ servers, catalogues = [] }, known) {
      const changed = new Set([...servers, ...catalogues]);
      if (changed.size === 0) return [];
      return [...known()].map(([id]) => id).filter((id) => changed.has(id.slice(0, id.indexOf(' '))));
    },
    load,
  });

  function find({ server, revision, audience }: CatalogueOf): Held | undefined | Promise<Held | undefined> {
    const found = memory.get(`${server} ${audienceId(audience)}`);
    const ofRevision = (one: Held | undefined): Held | undefined => (one?.revision === revision ? one : undefined);
    return found instanceof Promise ? found.then(ofRevision) : ofRevision(found);
  }

  return {
    find,
    async findLast(of) {
      const own = await find(of);
      if (own?.offered !== undefined) return own.offered;
      const { server, revision, audience } = of;
      const { era, key } = audience;
      const other = await findNewestAudience(db, { server, revision, era, key });
      if (other === undefined) return undefined;
      return (await find({ server, revision, audience: audienceOfId(other) }))?.offered;
    },
    async state({ server, revision, audience }) {
      const row = await findRememberedState(db, { server, audience: audienceId(audience) });
      return row?.revision === revision ? stateOf(row) : undefined;
    },
    onChange(listener) {
      return memory.onChange((id) => {
        const [server = '', audience = ''] = id.split(' ');
        listener(server, audience);
      });
    },
    // After memory: whoever looks then does not get what it held before.
    onNotified: (listener) =>
      invalidations.onInvalidation((change) => {
        if ('all' in change) listener(undefined);
        else if (change.servers.length > 0 || change.catalogues !== undefined)
          listener([...change.servers, ...(change.catalogues ?? [])]);
      }),
    [Symbol.dispose]() {
      memory[Symbol.dispose]();
    },
  };
}

function stateOf(row: RememberedState): KnownState {
  const { revision, digest, readAt, outdated, attempts, failure, failures, failedAt } = row;
  return {
    revision,
    offered: undefined,
    digest: digest ?? undefined,
    readAt: readAt?.getTime(),
    outdated,
    attempts,
    failure: failure === null ? undefined : { code: failure, times: failures, at: failedAt?.getTime() ?? 0 },
  };
}

async function contentOf({ content, digest }: RememberedRow): Promise<RememberedContent | undefined> {
  return content === null || digest === null ? undefined : await readContent(content, digest);
}
