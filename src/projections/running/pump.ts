import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../../errors/appError.ts';
import type { EventStore, RecordedEvent, Visibility } from '../../events/eventStore.ts';
import { subjectOf } from '../../events/streamName.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Database } from '../../postgres/database.ts';
import type { Tracer } from '../../tracing/tracer.ts';
import { applyBatch, ProjectionFailed } from './applyEvents.ts';
import { invalidationOfStreams, notifyInvalidation } from '../tables/invalidation.ts';
import {
  hasReached,
  insertCheckpoint,
  lowest,
  markBuilt,
  newestBookmark,
  readCheckpoints,
  stopAtCheckpoint,
  type Checkpoint,
} from '../tables/checkpoints.ts';
import { noteVisibility } from '../tables/hiddenStreams.ts';
import { ownEvents } from './ownEvents.ts';
import { runs, versionOf, type Projection } from '../tables/projection.ts';
import { readFirstEvent, readVisibility } from './streamVisibility.ts';
import type { StoreCheck, VerifiedStore } from './storeCheck.ts';
import { streamHeads } from '../tables/streamHeads.ts';
import { traceProjecting } from './projectingSpans.ts';
import { batchesOf, type Batch } from './batches.ts';

/** How often a projection may fail at one place before it is stopped. */
const TRIES = 3;

export interface PumpOptions {
  readonly db: Database;
  readonly store: EventStore;
  readonly check: StoreCheck;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  readonly batchSize: number;
  readonly retryDelayMs: number;
  /** Checks whether this installation wrote an event, by the hash chain. */
  readonly isGenuine: (event: RecordedEvent) => boolean;
  /** Undefined: nobody collects traces. */
  readonly tracer?: Tracer | undefined;
  /** Ends a pump that is under way. */
  readonly stopping: () => AbortSignal;
}

/** The connection changed while the store was read: what was read may be another history's. */
const CONNECTION_CHANGED = Symbol('connection changed');

/**
 * Makes the function that considers all of the store that the read tables have not, applies what is ours and answers how far
 * they are then. A table that another version has built is left alone until it is rebuilt.
 * It throws Unavailable; a projection that fails is stopped, and the others go on.
 */
export function createPump(options: PumpOptions): () => Promise<Checkpoint[]> {
  const { db, store, check, projections, logger, batchSize, retryDelayMs, isGenuine, stopping } = options;
  const names = projections.map(({ name }) => name);

  /** Reads the checkpoints, new projections' included. */
  async function prepare(identity: string): Promise<Checkpoint[]> {
    for (;;) {
      const checkpoints = await readCheckpoints(db, names);
      check.refuseOther(checkpoints, identity);
      const newer = checkpoints.find(({ projection, version }) => version > versionOf(projections, projection));
      if (newer !== undefined) throw projectionNewer(newer.projection);
      const known = new Set(checkpoints.map(({ projection }) => projection));
      const missing = projections.filter(({ name }) => !known.has(name));
      if (missing.length === 0) return checkpoints;
      for (const { name, version } of missing) {
        await insertCheckpoint(db, { projection: name, version, store: identity });
      }
    }
  }

  /**
   * Runs `work` until no projection fails in it. One that fails because of an event is applied event by event, so that only
   * that event's stream stands still; one that fails otherwise is stopped when it fails for the third time.
   */
  async function stoppingTheFailed<T>(work: (oneByOne: ReadonlySet<string>) => Promise<T>): Promise<T | undefined> {
    const failures = new Map<string, number>();
    const oneByOne = new Set<string>();
    for (;;) {
      try {
        return await work(oneByOne);
      } catch (error) {
        if (!(error instanceof ProjectionFailed)) throw error;
        const { projection } = error.checkpoint;
        if (error.isOfAnEvent && !oneByOne.has(projection)) {
          oneByOne.add(projection);
          continue;
        }
        const count = (failures.get(projection) ?? 0) + 1;
        failures.set(projection, count);
        if (count === TRIES) {
          logger.error({ projection, err: error.cause }, 'a projection is stopped');
          await stopAtCheckpoint(db, error.checkpoint, error.message);
          return undefined;
        }
        logger.warn({ projection, err: error.cause }, 'a projection failed; trying again');
        await delay(retryDelayMs * 2 ** (count - 1));
      }
    }
  }

  /** Takes a batch in. @returns the checkpoints then; undefined when a projection was stopped */
  async function takeIn(
    { after, upTo, events, touched }: Batch,
    { identity }: VerifiedStore,
    running: readonly Checkpoint[],
  ): Promise<Checkpoint[] | undefined> {
    const heads = running.find(({ projection }) => projection === streamHeads.name);
    const headsAreCurrent = heads !== undefined && hasReached(heads, after);
    const own = await ownEvents(events, { db, headsAreCurrent, firstOf: (stream) => readFirstEvent(store, stream) });
    if (own.events.length > 0 && newestBookmark(running) === undefined && !own.events.some(isGenuine)) {
      throw vaultKeysForeign();
    }
    // What the store does not show can't be applied, and must not be trusted either.
    const suspects = [...touched, ...own.broken].filter((stream) => subjectOf(stream) !== undefined);
    const seen = new Map<string, Visibility>();
    for (const stream of new Set(suspects)) seen.set(stream, await readVisibility(store, stream));
    // A rebuild that makes its table live holds that checkpoint's lock meanwhile; the other projections do not wait for it.
    const some = projections.filter(({ name }) => running.some(({ projection }) => projection === name));
    using _ = traceProjecting(options.tracer, own.events);
    return await stoppingTheFailed((oneByOne) =>
      db.transaction(async (tx) => {
        for (const [stream, visibility] of seen) {
          await noteVisibility(tx, stream, own.broken.has(stream) && isShown(visibility) ? 'hidden' : visibility);
        }
        if (seen.size > 0) await notifyInvalidation(tx, invalidationOfStreams([...seen.keys()]));
        return applyBatch(tx, some, { identity, after, upTo, events: own.events, oneByOne });
      }),
    );
  }

  /** Reads the store from the lowest checkpoint on, once. @returns the checkpoints of those that run, and where the store ended */
  async function considerAll(
    verified: VerifiedStore,
    running: readonly Checkpoint[],
  ): Promise<{ checkpoints: readonly Checkpoint[]; end: bigint | undefined } | typeof CONNECTION_CHANGED> {
    const after = lowest(running);
    let checkpoints = running;
    let end = after;
    for await (const batch of batchesOf(store.scan({ after, signal: stopping() }), after, batchSize)) {
      if (store.connection !== verified.connection) return CONNECTION_CHANGED;
      const applied = await takeIn(batch, verified, checkpoints);
      // One was stopped: the others go on from where they are.
      if (applied === undefined) return { checkpoints: [], end: undefined };
      check.refuseOther(applied, verified.identity);
      checkpoints = applied;
      end = batch.upTo;
    }
    return store.connection === verified.connection ? { checkpoints, end } : CONNECTION_CHANGED;
  }

  /** Notes which projections have come to the end of the store for the first time. */
  async function noteTheBuilt(checkpoints: readonly Checkpoint[], end: bigint | undefined): Promise<void> {
    const built = checkpoints.filter((each) => !each.built && runs(projections, each) && hasReached(each, end));
    if (built.length === 0) return;
    await markBuilt(
      db,
      built.map(({ projection }) => projection),
    );
  }

  return async () => {
    for (;;) {
      const verified = await check.verify();
      const checkpoints = await prepare(verified.identity);
      const running = checkpoints.filter((each) => runs(projections, each));
      if (running.length === 0) return checkpoints;
      const considered = await considerAll(verified, running);
      if (considered === CONNECTION_CHANGED || considered.checkpoints.length === 0) continue;
      await noteTheBuilt(considered.checkpoints, considered.end);
      // One that was rebuilt meanwhile may have stayed behind.
      if (!hasReached({ position: lowest(considered.checkpoints) }, considered.end)) continue;
      return [...considered.checkpoints, ...checkpoints.filter((each) => !running.includes(each))];
    }
  };
}

function isShown(visibility: Visibility): boolean {
  return visibility === 'whole' || visibility === 'limited';
}

function projectionNewer(name: string): Unavailable {
  return new Unavailable(
    'projection-newer',
    `A newer version of MetaMCP has built the table ${name}. Run that version, here too.`,
    { data: { projection: name } },
  );
}

/** Makes the error for a history that was written with other keys than those in vault_keys. */
export function vaultKeysForeign(): Unavailable {
  return new Unavailable(
    'vault-keys-foreign',
    'The event store holds a history that was written with other keys than those in vault_keys: this database is not the ' +
      'one that belongs to it. Restore the backup of that database (vault_keys above all); or, if another installation ' +
      'uses this event store, set EVENT_STORE_PREFIX to keep the two apart. To take the history on ' +
      'without its keys, run metamcp-cli db rebuild --accept-loss: no secret in it can be opened any more, no key of ' +
      'it works, and metamcp-cli audit verify reports its events as not genuine for ever.',
  );
}
