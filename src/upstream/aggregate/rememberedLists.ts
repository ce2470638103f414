import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors/appError.ts';
import { tooLarge } from '../../mcp/failures.ts';
import { listPrompts, listResources, listResourceTemplates, listSkills, listTools } from '../catalogue.ts';
import type { Listing } from '../lists.ts';
import type { Upstream } from '../upstream.ts';
import { ListMemory, type Loading, type RememberedPart } from './listMemory.ts';
import type { MemberConnection } from './memberConnection.ts';
import type { Known, MemberLists } from './memberLists.ts';
import { bytesOf, isSame, type MemberParts, type PartName } from './memberParts.ts';
import { takeSeenParts, unaskedParts } from './seenParts.ts';

export interface RememberedListsOptions {
  readonly clock: Clock;
  /** How long a client waits for a server of which nothing is known, or which has sent that it changed, in milliseconds. (Default: 3_000) */
  readonly waitMs?: number;
  /** The same where something is known, and may be as old as `freshMs`. (Default: 250) */
  readonly refreshWaitMs?: number;
  /** How old a part may be before the server is asked again, in milliseconds. (Default: 30_000) */
  readonly freshMs?: number;
  /** After a failure the server is left alone for this, doubled with each one, in milliseconds. (Default: 1_000) */
  readonly backOffMs?: number;
  /** What all parts take together, in bytes of their JSON; in memory that is three to six times as much. (Default: 64 MiB) */
  readonly maxBytes?: number;
}

/** How long a server may take to give a part, in milliseconds. */
const READ_MS = 60_000;
const MAX_BACK_OFF_MS = 60_000;
/** A server that changes a list says so several times in a row, and some do for ever: it is read once for all within this, in milliseconds. */
const SETTLE_MS = 100;
/** Of all parts, in bytes of their JSON. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Of one part, in bytes of its JSON; a fifth of all where that is less. A server with more gives none of it. */
const MAX_PART_BYTES = 16 * 1024 * 1024;

/** How long what all gateways remember may take to be looked up, in milliseconds. */
const RESTORE_MS = 1_000;

const READ: { readonly [Part in PartName]: (upstream: Upstream, signal: AbortSignal) => Promise<MemberParts[Part]> } = {
  facts: ({ facts }) => Promise.resolve(facts),
  tools: async (upstream, signal) => remembered(await listTools(upstream, { signal })),
  prompts: async (upstream, signal) => remembered(await listPrompts(upstream, { signal })),
  resources: async (upstream, signal) => remembered(await listResources(upstream, { signal })),
  resourceTemplates: async (upstream, signal) => remembered(await listResourceTemplates(upstream, { signal })),
  skills: async (upstream, signal) => remembered(await listSkills(upstream, { signal })),
};

/** Makes the memory of what servers offer, in this process. */
export function createRememberedLists(options: RememberedListsOptions): MemberLists {
  const { clock, waitMs = 3_000, refreshWaitMs = 250, freshMs = 30_000, backOffMs = 1_000 } = options;
  const { maxBytes = MAX_BYTES } = options;
  const maxPartBytes = Math.min(MAX_PART_BYTES, maxBytes / 5);
  const memory = new ListMemory(maxBytes);
  const listeners = new Set<(listsKey: string, part: PartName) => void>();

  async function load(connection: MemberConnection, part: PartName, known: RememberedPart): Promise<void> {
    known.isOutdated = false;
    known.refusal = undefined;
    const readPart: (upstream: Upstream, signal: AbortSignal) => Promise<MemberParts[PartName]> = READ[part];
    try {
      const value = await connection.use((upstream) => readPart(upstream, AbortSignal.timeout(READ_MS)));
      const isOther = known.value === undefined ? known.isMissed : !(await isSame(known.value, value));
      if (known.value === undefined || isOther) {
        await take(connection, part, known, value);
        known.isNoted = false;
      }
      known.readAt = clock();
      known.failure = undefined;
      known.failures = 0;
      known.isMissed = false;
      if (isOther) for (const listener of listeners) listener(connection.member.listsKey, part);
    } catch (error) {
      known.isOutdated = true;
      const code = error instanceof AppError ? error.code : 'internal-error';
      if (connection.isEnded || isOfClient(error)) {
        known.refusal = code;
        return;
      }
      known.failures++;
      known.failedAt = clock();
      known.failure = code;
      await restored(connection, part, known);
    }
  }

  /** Looks up what all gateways remember, where this one knows nothing. What can't be looked up is so again when the server is asked next. */
  function restored(connection: MemberConnection, part: PartName, known: RememberedPart): Promise<void> {
    const { member } = connection;
    if (known.value !== undefined || member.record === undefined || part === 'skills') return Promise.resolve();
    const restore = async (): Promise<void> => {
      const value = (await member.record?.find())?.[part];
      if (value === undefined || known.value !== undefined) return;
      await take(connection, part, known, value);
      known.isNoted = true;
      if (!known.isMissed) return;
      known.isMissed = false;
      for (const listener of listeners) listener(member.listsKey, part);
    };
    known.restoring ??= restore()
      .catch(() => undefined)
      .finally(() => (known.restoring = undefined));
    return within(known.restoring, RESTORE_MS);
  }

  /** Notes all that a server offers, once it is known; what no client has asked for yet is read first. */
  function note(connection: MemberConnection, part: PartName, known: RememberedPart): void {
    const { member } = connection;
    if (member.record === undefined || connection.isEnded) return;
    // What has made room for others meanwhile is not read again for this.
    if (memory.peek(member.listsKey, part) !== known) return;
    if (part === 'skills') return;
    if (part !== 'facts') {
      for (const other of unaskedParts(memory, member)) begin(connection, other, memory.use(member, other));
    }
    const seen = takeSeenParts(memory, member);
    if (seen !== undefined) member.record.note(seen);
  }

  /** @throws Unavailable when it is too large to be remembered */
  async function take(
    { member }: MemberConnection,
    part: PartName,
    known: RememberedPart,
    value: MemberParts[PartName],
  ): Promise<void> {
    const bytes = await bytesOf(value);
    if (bytes > maxPartBytes) throw tooLarge(member, `${part} of ${bytes} bytes; ${maxPartBytes} are allowed`);
    memory.put(member.listsKey, part, known, value, bytes);
  }

  function begin(connection: MemberConnection, part: PartName, known: RememberedPart): Loading {
    const done = load(connection, part, known).finally(() => {
      known.loading = undefined;
      note(connection, part, known);
    });
    known.loading = { done, since: clock(), by: connection };
    return known.loading;
  }

  function isResting({ failures, failedAt }: RememberedPart): boolean {
    if (failures === 0) return false;
    return clock() - failedAt < Math.min(MAX_BACK_OFF_MS, backOffMs * 2 ** (failures - 1));
  }

  function knownNow<Part extends PartName>(known: RememberedPart): Known<Part> {
    const failure = known.failure ?? (known.readAt === -Infinity ? 'starting' : undefined);
    return { value: known.value as MemberParts[Part] | undefined, failure };
  }

  return {
    read<Part extends PartName>(connection: MemberConnection, part: Part): Known<Part> | Promise<Known<Part>> {
      const known = memory.use(connection.member, part);
      const isOld = clock() - known.readAt >= freshMs;
      if (known.value !== undefined && !known.isOutdated && !isOld && known.loading === undefined)
        return knownNow(known);
      if (known.loading === undefined && isResting(known)) return knownNow(known);
      const mayWaitMs = known.value === undefined || known.isOutdated ? waitMs : refreshWaitMs;
      const until = clock() + mayWaitMs;
      const wait = (): Known<Part> | Promise<Known<Part>> => {
        const { done, since, by } = known.loading ?? begin(connection, part, known);
        const left = Math.min(until, since + mayWaitMs) - clock();
        const gone = (): Known<Part> | Promise<Known<Part>> => {
          if (known.value !== undefined || known.loading === undefined) return asKnown();
          return restored(connection, part, known).then(asKnown);
        };
        const asKnown = (): Known<Part> => {
          if (known.value === undefined) known.isMissed = true;
          const { value, failure } = knownNow<Part>(known);
          return { value, failure: by === connection ? (known.refusal ?? failure) : failure };
        };
        if (left <= 0) return gone();
        // Where another client has left, or may use no more, the part is read for this one.
        return within(done, left).then(() => (known.refusal !== undefined && by !== connection ? wait() : gone()));
      };
      return wait();
    },
    peek<Part extends PartName>(listsKey: string, part: Part): Known<Part> | undefined {
      const known = memory.peek(listsKey, part);
      return known?.value === undefined ? undefined : knownNow(known);
    },
    changed(connection, list) {
      const known = memory.use(connection.member, list);
      known.isOutdated = true;
      if (known.value === undefined) return;
      known.announcedTo.add(connection);
      if (known.announcedTo.size > 1) return;
      const reload = async (): Promise<void> => {
        // What is being read may be the list before the change.
        await known.loading?.done;
        const announcedTo = [...known.announcedTo];
        known.announcedTo.clear();
        for (const one of announcedTo) {
          await (known.loading ?? begin(one, list, known)).done;
          if (known.refusal === undefined) return;
        }
      };
      setTimeout(() => void reload(), SETTLE_MS).unref();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Leaves out what is not remembered: which items could not be used. */
function remembered<T>({ items, ttlMs, cacheScope }: Listing<T>): Listing<T> {
  return { items, ttlMs, cacheScope };
}

/** Tells whether a client was refused for what it uses itself: others need not be. */
function isOfClient(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'limited' && error.code.startsWith('too-many-');
}

/** Waits for something, but not for longer than a bound. */
async function within(done: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  await Promise.race([done, promise]);
  clearTimeout(timer);
}
