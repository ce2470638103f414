import { setTimeout as delay } from 'node:timers/promises';
import { isoTime, type Clock } from '../clock.ts';
import { AppError, Conflict } from '../errors/appError.ts';
import { appendUntilKnown } from '../events/appendOutcome.ts';
import { encodeEvent, withoutUndefined, type Catalogue, type EventOf } from '../events/catalogue.ts';
import type { NewEvent } from '../events/eventStore.ts';
import { chain } from '../events/hashChain.ts';
import type { CommandContext } from '../events/metadata.ts';
import { uuidV7 } from '../ids.ts';
import { inSpan, type Tracer } from '../tracing/tracer.ts';
import type { Decider } from './decider.ts';
import { createLoadStream, type Loaded, type LoadStream } from './loadStream.ts';
import { createPendingStore, type CommandStore } from './pendingStore.ts';
import { takeSnapshot } from './snapshot.ts';
import type { StreamKnowledge } from './streamKnowledge.ts';

/**
 * How long a command is decided again when others are faster. A store that refuses an append knows of an event that it may not
 * be able to show yet: in a cluster that takes a round trip, while it elects a leader some seconds.
 */
const RACE_PATIENCE_MS = 15_000;

/** After how many events a stream's state is kept again. Reading fewer takes no longer than what else a command does. */
const SNAPSHOT_EVERY = 50;

const RACE_DELAY_MAX_MS = 250;

export interface Handled<State> {
  /** The state after the command. */
  readonly state: State;
  /** The stream's revision now; undefined only when nothing was ever appended. */
  readonly revision: number | undefined;
  /** Of the stream's last event. */
  readonly position: bigint | undefined;
  /** False when things were already so. */
  readonly changed: boolean;
}

export interface HandleOptions {
  /** The revision that the caller has seen: any other one is a Conflict instead of a new try. */
  readonly ifMatch?: number | undefined;
  /** Decides and checks as ever, and appends nothing; what is answered is what would be there afterwards. (Default: false) */
  readonly dryRun?: boolean | undefined;
}

/** A command, or what makes it from the present state: again for each try. */
export type CommandSource<State, Command> = Command | ((loaded: Loaded<State>) => Promise<Command>);

export interface CommandHandler {
  /**
   * Loads the stream, decides, and appends with the revision read. A lost race is decided again, unless `ifMatch` was given.
   * @throws what `decide` throws; Conflict `revision-mismatch` or `wrong-expected-revision`; Unavailable; as `load`
   */
  handle<State, Command extends { readonly type: string }, C extends Catalogue>(
    decider: Decider<State, Command, EventOf<C>>,
    catalogue: C,
    id: string,
    command: CommandSource<State, Command>,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<Handled<State>>;

  /** @throws Unavailable; Refused `stream-hidden`, `stream-removed`, `stream-foreign`, `stream-unreadable` */
  readonly load: LoadStream;
}

export interface CommandHandlerOptions {
  readonly store: CommandStore;
  readonly knowledge: StreamKnowledge;
  readonly clock: Clock;
  /** The key of the hash chain: 32 bytes. */
  readonly chainKey: Buffer;
  /** Undefined: nobody collects traces. */
  readonly tracer?: Tracer | undefined;
  /** How long an append of unknown outcome is sent again. (Default: 15_000) */
  readonly unknownPatienceMs?: number;
  /** How long a lost race is decided again. (Default: 15_000) */
  readonly racePatienceMs?: number;
}

/** Makes the one way in which anything changes. docs/architecture.md, Write path. */
export function createCommandHandler(options: CommandHandlerOptions): CommandHandler {
  const { store, knowledge, clock, chainKey, tracer, unknownPatienceMs, racePatienceMs = RACE_PATIENCE_MS } = options;
  const load = createLoadStream({ store, knowledge, chainKey });

  function record(catalogue: Catalogue, event: { type: string; data: unknown }, context: CommandContext): NewEvent {
    const now = clock();
    return { id: uuidV7(now), ...encodeEvent(catalogue, event, { at: isoTime(now), ...context }) };
  }

  /** Keeps the state of a stream that has grown long since it was last kept. */
  async function keepSnapshot(
    { category, stateVersion }: Pick<Decider<unknown, unknown, unknown>, 'category' | 'stateVersion'>,
    id: string,
    { snapshotRevision = -1, skipped }: Loaded<unknown>,
    now: { readonly state: unknown; readonly revision: number | undefined; readonly hash: string | undefined },
  ): Promise<void> {
    const { revision, hash } = now;
    if (skipped || revision === undefined || hash === undefined || revision - snapshotRevision < SNAPSHOT_EVERY) return;
    const stream = `${category}-${id}`;
    const state = withoutUndefined(now.state);
    await knowledge.keepSnapshot(
      stream,
      takeSnapshot(chainKey, stream, { revision, hash, version: stateVersion, state }),
    );
  }

  return {
    load,
    async handle(decider, catalogue, id, command, context, { ifMatch, dryRun = false } = {}) {
      const stream = `${decider.category}-${id}`;
      const target = dryRun ? createPendingStore(store) : store;
      const keep = dryRun ? () => Promise.resolve() : keepSnapshot;
      const giveUpAt = performance.now() + racePatienceMs;
      /** What a refusal has told: the stream goes at least so far. */
      let known = -1;
      const span = { kind: 'internal', parent: context.traceparent, attributes: { 'metamcp.stream': stream } } as const;
      for (let attempt = 1; ; attempt += 1) {
        const loaded = await load(decider, catalogue, id);
        if ((loaded.revision ?? -1) < known && performance.now() < giveUpAt) {
          await delay(raceDelayMs(attempt));
          continue;
        }
        if (ifMatch !== undefined && ifMatch !== loaded.revision) throw revisionMismatch(ifMatch, loaded.revision);
        const decided = await inSpan(tracer, `decide ${decider.category}`, span, async () =>
          decider.decide(typeof command === 'function' ? await command(loaded) : command, loaded.state),
        );
        if (decided.length === 0) {
          await keep(decider, id, loaded, loaded);
          return { state: loaded.state, revision: loaded.revision, position: loaded.position, changed: false };
        }
        const head = loaded.revision === undefined ? undefined : { revision: loaded.revision, hash: loaded.hash ?? '' };
        const events = chain(
          chainKey,
          stream,
          head,
          decided.map((event) => record(catalogue, event, context)),
        );
        try {
          const expected = loaded.revision ?? 'no-stream';
          const appended = await inSpan(tracer, `append ${decider.category}`, span, () =>
            appendUntilKnown(target, stream, expected, events, unknownPatienceMs),
          );
          const state = decided.reduce(decider.evolve, loaded.state);
          const hash = events.at(-1)?.metadata['hash'];
          const { revision } = appended;
          await keep(decider, id, loaded, { state, revision, hash: hash as string });
          return { state, ...appended, changed: true };
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
          const { actual } = error.data;
          if (ifMatch !== undefined) throw revisionMismatch(ifMatch, actual);
          if (performance.now() > giveUpAt) throw error;
          known = typeof actual === 'number' ? actual : -1;
          await delay(raceDelayMs(attempt));
        }
      }
    },
  };
}

/** The pause before a race is run again: short at first, and spread, so that many at once get through one by one. */
function raceDelayMs(attempt: number): number {
  return Math.random() * Math.min(RACE_DELAY_MAX_MS, 4 * 2 ** Math.min(attempt, 16));
}

/** Makes the conflict of a caller who has seen another revision than the one that is there. */
export function revisionMismatch(expected: number, actual: unknown): AppError {
  return new Conflict('revision-mismatch', 'It was changed since you read it. Read it again and repeat the change.', {
    data: { expected, actual: typeof actual === 'number' ? actual : 'no-stream' },
  });
}
