import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors/appError.ts';
import type { Database } from '../postgres/database.ts';
import { invalidationOfStreams, notifyInvalidation } from '../projections/tables/invalidation.ts';
import type { Confirmations } from '../live/confirmations.ts';
import { projectionStopped, type ProjectionRunner } from '../projections/runner.ts';
import { releaseStream, withholdStream } from '../projections/tables/withheldStreams.ts';

/** How long a command waits for a replica that is connected to say that it enforces it. */
const CONFIRM_TIMEOUT_MS = 2_000;

/** How long a revocation that is in force waits for the lists to show it. */
const SHOWN_TIMEOUT_MS = 5_000;

/** What a command changed, and how far it has spread when it answers. */
export interface Settled {
  /** The stream's revision now. */
  readonly revision: number;
  /** False when things were already so. */
  readonly changed: boolean;
  /** Replicas that did not say in time that they follow the change; empty: it is enforced everywhere. */
  readonly unconfirmed: readonly string[];
  /** Why the lists do not show the change yet, which is in force; undefined: they show it. */
  readonly pending: string | undefined;
  /** Its own history can't be read, and so it was made invalid in a stream beside it. */
  readonly retired: boolean;
}

/** What is settled. */
export interface Settling {
  /** Of the key or server. */
  readonly stream: string;
  readonly revision: number | undefined;
  /** Up to where the read tables must be for the report to be true, also when nothing was changed. */
  readonly position: bigint | undefined;
  readonly changed: boolean;
  /**
   * `ends`: nobody is let in any more, whether the read tables get to know it or not. `narrows`: likewise should they not,
   * since what they contain allows too much. (Default: it takes nothing away)
   */
  readonly effect?: 'ends' | 'narrows' | undefined;
  /** The revision that the rows must contain before they count again. (Default: `revision`) */
  readonly withheldUpTo?: number | undefined;
}

/**
 * Makes a change hold everywhere before it is reported.
 * It throws Unavailable when it is stored but not known to be in force.
 */
export type Settle = (settling: Settling) => Promise<Settled>;

export interface SettleOptions {
  readonly db: Database;
  readonly projections: Pick<ProjectionRunner, 'pump'>;
  readonly confirmations: Confirmations;
  /** How long a revocation that is in force waits for the lists to show it. (Default: 5_000) */
  readonly shownTimeoutMs?: number;
}

/**
 * Makes the step between an append and its report: pumps the projections up to the event (read your writes), then waits
 * until every live replica has confirmed. A revocation goes past the projections first: it holds although they are stopped,
 * slow or failing. DESIGN 4.
 */
export function createSettle(options: SettleOptions): Settle {
  const { db, projections, confirmations, shownTimeoutMs = SHOWN_TIMEOUT_MS } = options;

  async function confirm(): Promise<readonly string[]> {
    return (await confirmations.waitFor(CONFIRM_TIMEOUT_MS)).unconfirmed;
  }

  /** Has no row of the stream count that does not contain the revocation. */
  async function withhold(stream: string, revision: number): Promise<readonly string[]> {
    await db.transaction(async (tx) => {
      await withholdStream(tx, stream, revision);
      await notifyInvalidation(tx, invalidationOfStreams([stream]));
    });
    return confirm();
  }

  /** @returns why the read tables do not contain the position */
  async function catchUp(position: bigint, timeoutMs: number | undefined): Promise<Unavailable | undefined> {
    const pumped = projections.pump(position).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof Unavailable) return error;
        throw error;
      },
    );
    if (timeoutMs === undefined) return pumped;
    // It may fail after this has given up on it.
    pumped.catch(() => undefined);
    const ended = new AbortController();
    const late = delay(timeoutMs, stillCatchingUp(), { signal: ended.signal }).catch(() => undefined);
    try {
      return await Promise.race([pumped, late]);
    } finally {
      ended.abort();
    }
  }

  return async ({ stream, revision, position, changed, effect, withheldUpTo = revision }) => {
    if (revision === undefined || position === undefined || withheldUpTo === undefined)
      throw new TypeError('a handled command leaves a stream behind');
    const settled = { revision, changed, pending: undefined, retired: false };
    try {
      const unconfirmed = effect === 'ends' ? await withhold(stream, withheldUpTo) : [];
      const behind = await catchUp(position, effect === undefined ? undefined : shownTimeoutMs);
      if (behind === undefined) {
        const confirmed = await confirm();
        if (effect !== undefined) await releaseStream(db, stream, withheldUpTo);
        return { ...settled, unconfirmed: confirmed };
      }
      if (effect === undefined) throw behind;
      const pending = `It is in force, but lists show the state before it; until they show it, nobody is let in. ${behind.message}`;
      if (effect === 'ends') return { ...settled, unconfirmed, pending };
      return { ...settled, unconfirmed: await withhold(stream, withheldUpTo), pending };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // The caller must know that repeating the command is not what helps.
      const what = changed ? 'The change is stored, but' : 'It is like that already, but';
      throw new Unavailable(error.code, `${what} not known to be in force: ${error.message}`, { cause: error });
    }
  };
}

/**
 * Waits until every gateway acts on the state as it is.
 * @param tables those that must be current (Default: all)
 * @returns the replicas that did not say so in time
 * @throws Unavailable
 */
export type InForce = (tables?: readonly string[]) => Promise<readonly string[]>;

/**
 * Makes what stands before a report that the state is what it is: somebody else may have brought it about a moment ago.
 */
export function createInForce({
  projections,
  confirmations,
}: {
  readonly projections: Pick<ProjectionRunner, 'pump' | 'status'>;
  readonly confirmations: Confirmations;
}): InForce {
  return async (tables) => {
    await projections.pump();
    const stopped = (await projections.status()).filter(
      ({ name, stoppedReason }) => stoppedReason !== undefined && tables?.includes(name) !== false,
    );
    if (stopped.length > 0) throw projectionStopped(stopped.map(({ name }) => name));
    return (await confirmations.waitFor(CONFIRM_TIMEOUT_MS)).unconfirmed;
  };
}

function stillCatchingUp(): Unavailable {
  return new Unavailable('projection-behind', 'The read tables are still being brought up to date.');
}
