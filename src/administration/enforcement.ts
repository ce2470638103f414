import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors/appError.ts';
import type { Database } from '../postgres/database.ts';
import {
  invalidationOf,
  invalidationOfStreams,
  notifyInvalidation,
  type Invalidation,
} from '../projections/tables/invalidation.ts';
import type { Confirmations } from '../live/confirmations.ts';
import { projectionStopped, type ProjectionRunner } from '../projections/runner.ts';
import { releaseStream, withholdOnlyUpTo, withholdStream } from '../projections/tables/withheldStreams.ts';

/** How long a command waits for the confirmation of a replica that is connected. In milliseconds. */
const CONFIRM_TIMEOUT_MS = 2_000;

/** How long a revocation that is in force waits for the lists to show it. In milliseconds. */
const SHOWN_TIMEOUT_MS = 5_000;

/** What a command did, and how far it has spread when the command answers. */
export interface CommandResult {
  /** The stream's revision now. */
  readonly revision: number;
  /** False when things were already so. */
  readonly changed: boolean;
  /** Replicas that did not confirm in time that they follow the change; empty: it is enforced everywhere. */
  readonly unconfirmed: readonly string[];
  /** Why the lists do not show the change yet, which is in force; undefined: they show it. */
  readonly pending: string | undefined;
  /** Its own history can't be read, and so it was made invalid in a stream beside it. */
  readonly retired: boolean;
}

/** A change that is stored, and that not every replica follows yet. */
export interface StoredChange {
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

/** The step between an append and its report: a change holds on every replica before it is reported. */
export interface Enforcement {
  /** @throws Unavailable when the change is stored but not known to be in force */
  enforce(change: StoredChange): Promise<CommandResult>;
  /** Lets a stream that was retired count again once its rows contain `revision`. @throws Unavailable */
  readmit(stream: string, revision: number): Promise<void>;
}

export interface EnforcementOptions {
  readonly db: Database;
  readonly projections: Pick<ProjectionRunner, 'pump'>;
  readonly confirmations: Confirmations;
  /** How long a revocation that is in force waits for the lists to show it. (Default: 5_000) */
  readonly shownTimeoutMs?: number;
}

/**
 * Makes the enforcement of changes: it pumps the projections up to the event (read your writes), then waits until every live
 * replica has confirmed. A revocation goes past the projections first: it holds although they are stopped, slow or failing.
 * docs/architecture.md, Write path.
 */
export function createEnforcement(options: EnforcementOptions): Enforcement {
  const { db, projections, confirmations, shownTimeoutMs = SHOWN_TIMEOUT_MS } = options;

  async function confirm(): Promise<readonly string[]> {
    return (await confirmations.waitFor(CONFIRM_TIMEOUT_MS)).unconfirmed;
  }

  /** Makes every row of the stream invalid that does not contain the revocation. */
  async function withhold(stream: string, revision: number, change: Invalidation): Promise<readonly string[]> {
    await db.transaction(async (tx) => {
      await withholdStream(tx, stream, revision);
      await notifyInvalidation(tx, change);
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

  async function enforce(change: StoredChange): Promise<CommandResult> {
    const { stream, revision, position, changed, effect, withheldUpTo = change.revision } = change;
    if (revision === undefined || position === undefined || withheldUpTo === undefined)
      throw new TypeError('a handled command leaves a stream behind');
    const result = { revision, changed, pending: undefined, retired: false };
    // Where more is withheld, the change is an event of another stream.
    const notice = withheldUpTo === revision ? invalidationOf([{ stream, revision }]) : invalidationOfStreams([stream]);
    try {
      const unconfirmed = effect === 'ends' ? await withhold(stream, withheldUpTo, notice) : [];
      const behind = await catchUp(position, effect === undefined ? undefined : shownTimeoutMs);
      if (behind === undefined) {
        const confirmed = await confirm();
        if (effect !== undefined) await releaseStream(db, stream, withheldUpTo);
        return { ...result, unconfirmed: confirmed };
      }
      if (effect === undefined) throw behind;
      const pending = `It is in force, but lists show the state before it; until they show it, nobody is let in. ${behind.message}`;
      if (effect === 'ends') return { ...result, unconfirmed, pending };
      return { ...result, unconfirmed: await withhold(stream, withheldUpTo, notice), pending };
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // The caller must know that repeating the command is not what helps.
      const what = changed ? 'The change is stored, but' : 'It is like that already, but';
      throw new Unavailable(error.code, `${what} not known to be in force: ${error.message}`, { cause: error });
    }
  }

  return { enforce, readmit: (stream, revision) => withholdOnlyUpTo(db, stream, revision) };
}

/**
 * Waits until every gateway acts on the state as it is.
 * @param tables those that must be current (Default: all)
 * @returns the replicas that did not confirm in time
 * @throws Unavailable
 */
export type ConfirmState = (tables?: readonly string[]) => Promise<readonly string[]>;

/**
 * Makes what comes before a report that things are already so: somebody else may have changed them a moment ago.
 */
export function createConfirmState({
  projections,
  confirmations,
}: {
  readonly projections: Pick<ProjectionRunner, 'pump' | 'status'>;
  readonly confirmations: Confirmations;
}): ConfirmState {
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
