import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors/appError.ts';
import { listPrompts, listResources, listResourceTemplates, listTools } from '../catalogue.ts';
import type { Upstream } from '../upstream.ts';
import type { MemberConnection } from './memberConnection.ts';
import type { Known, MemberLists, MemberParts, PartName } from './memberLists.ts';

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
}

/** How long a server may take to give a part, in milliseconds. */
const READ_MS = 60_000;
const MAX_BACK_OFF_MS = 60_000;
/** A server that changes a list says so several times in a row, and some do for ever: it is read once for all within this, in milliseconds. */
const SETTLE_MS = 100;
/** Parts remembered. */
const MAX_PARTS = 20_000;

const READ: { readonly [Part in PartName]: (upstream: Upstream, signal: AbortSignal) => Promise<MemberParts[Part]> } = {
  facts: ({ facts }) => Promise.resolve(facts),
  tools: (upstream, signal) => listTools(upstream, { signal }),
  prompts: (upstream, signal) => listPrompts(upstream, { signal }),
  resources: (upstream, signal) => listResources(upstream, { signal }),
  resourceTemplates: (upstream, signal) => listResourceTemplates(upstream, { signal }),
};

/** One part of one server. */
interface Remembered {
  value: MemberParts[PartName] | undefined;
  readAt: number;
  isOutdated: boolean;
  failure: string | undefined;
  failures: number;
  failedAt: number;
  loading: Loading | undefined;
  /** Why it was not read last, where that was for the client that asked, and says nothing of the server. */
  refusal: string | undefined;
  /** Somebody got it as not known. */
  isMissed: boolean;
  /** Those that the server has sent that it changed, while it is about to be read. */
  readonly announcedTo: Set<MemberConnection>;
}

/** A part that is being read, for the first client that has asked for it. */
interface Loading {
  readonly done: Promise<void>;
  readonly since: number;
  readonly by: MemberConnection;
}

/** Makes the memory of what servers offer, in this process. */
export function createRememberedLists(options: RememberedListsOptions): MemberLists {
  const { clock, waitMs = 3_000, refreshWaitMs = 250, freshMs = 30_000, backOffMs = 1_000 } = options;
  const parts = new LRUCache<string, Remembered>({ max: MAX_PARTS });
  const listeners = new Set<(listsKey: string, part: PartName) => void>();

  function rememberedOf(listsKey: string, part: PartName): Remembered {
    const name = `${part} ${listsKey}`;
    let known = parts.get(name);
    if (known === undefined) {
      known = {
        value: undefined,
        readAt: -Infinity,
        isOutdated: true,
        failure: undefined,
        failures: 0,
        failedAt: -Infinity,
        loading: undefined,
        refusal: undefined,
        isMissed: false,
        announcedTo: new Set(),
      };
      parts.set(name, known);
    }
    return known;
  }

  async function load(connection: MemberConnection, part: PartName, known: Remembered): Promise<void> {
    known.isOutdated = false;
    known.refusal = undefined;
    const readPart: (upstream: Upstream, signal: AbortSignal) => Promise<MemberParts[PartName]> = READ[part];
    try {
      const value = await connection.use((upstream) => readPart(upstream, AbortSignal.timeout(READ_MS)));
      const isOther = known.value === undefined ? known.isMissed : !isDeepStrictEqual(known.value, value);
      if (known.value === undefined || isOther) known.value = value;
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
    }
  }

  function begin(connection: MemberConnection, part: PartName, known: Remembered): Loading {
    const done = load(connection, part, known).finally(() => (known.loading = undefined));
    known.loading = { done, since: clock(), by: connection };
    return known.loading;
  }

  function isResting({ failures, failedAt }: Remembered): boolean {
    if (failures === 0) return false;
    return clock() - failedAt < Math.min(MAX_BACK_OFF_MS, backOffMs * 2 ** (failures - 1));
  }

  function knownNow<Part extends PartName>(known: Remembered): Known<Part> {
    const failure = known.failure ?? (known.value === undefined ? 'starting' : undefined);
    return { value: known.value as MemberParts[Part] | undefined, failure };
  }

  return {
    read<Part extends PartName>(connection: MemberConnection, part: Part): Known<Part> | Promise<Known<Part>> {
      const known = rememberedOf(connection.member.listsKey, part);
      const isOld = clock() - known.readAt >= freshMs;
      if (known.value !== undefined && !known.isOutdated && !isOld && known.loading === undefined)
        return knownNow(known);
      if (known.loading === undefined && isResting(known)) return knownNow(known);
      const mayWaitMs = known.value === undefined || known.isOutdated ? waitMs : refreshWaitMs;
      const until = clock() + mayWaitMs;
      const wait = (): Known<Part> | Promise<Known<Part>> => {
        const { done, since, by } = known.loading ?? begin(connection, part, known);
        const left = Math.min(until, since + mayWaitMs) - clock();
        const gone = (): Known<Part> => {
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
      const known = parts.peek(`${part} ${listsKey}`);
      return known?.value === undefined ? undefined : knownNow(known);
    },
    changed(connection, list) {
      const known = rememberedOf(connection.member.listsKey, list);
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
