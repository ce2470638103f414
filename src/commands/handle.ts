import { isoTime, type Clock } from '../clock.ts';
import { AppError, Conflict } from '../errors.ts';
import { appendUntilKnown } from '../events/appendOutcome.ts';
import { decode, encodeEvent, type Catalogue, type EventOf } from '../events/catalogue.ts';
import type { EventStore, NewEvent } from '../events/eventStore.ts';
import { chain } from '../events/hashChain.ts';
import type { CommandContext } from '../events/metadata.ts';
import { uuidV7 } from '../ids.ts';
import type { Decider } from './decider.ts';

/** How often a lost race is decided again before the caller is told. */
const CONFLICT_TRIES = 3;

/** What a stream holds now. */
export interface Loaded<State> {
  readonly state: State;
  /** The last event's revision, or undefined for a stream that does not exist. */
  readonly revision: number | undefined;
  readonly hash: string | undefined;
}

export interface Handled<State> {
  /** The state after the command. */
  readonly state: State;
  /** The stream's revision after the command; undefined only when nothing was ever appended. */
  readonly revision: number | undefined;
  /** Where the appended events end, or undefined when things were already so. */
  readonly position: bigint | undefined;
}

export interface HandleOptions {
  /** The revision that the caller has seen: any other one is a Conflict instead of a new try. */
  readonly ifMatch?: number | undefined;
}

export interface CommandHandler {
  /**
   * Loads the stream, decides, and appends with the revision read. A lost race is decided again, unless `ifMatch` was given.
   * @throws what `decide` throws; Conflict `revision-mismatch` or `wrong-expected-revision`; Unavailable
   */
  handle<State, Command, C extends Catalogue>(
    decider: Decider<State, Command, EventOf<C>>,
    catalogue: C,
    id: string,
    command: Command,
    context: CommandContext,
    options?: HandleOptions,
  ): Promise<Handled<State>>;

  /** Reads a stream and folds it. @throws Unavailable; UnreadableEvent */
  load<State, Command, C extends Catalogue>(
    decider: Decider<State, Command, EventOf<C>>,
    catalogue: C,
    id: string,
  ): Promise<Loaded<State>>;
}

export interface CommandHandlerOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  /** The key of the hash chain: 32 bytes. */
  readonly chainKey: Buffer;
  /** How long an append of unknown outcome is sent again. (Default: 15_000) */
  readonly unknownPatienceMs?: number;
}

/** Makes the one way in which anything changes. DESIGN 4. */
export function createCommandHandler({
  store,
  clock,
  chainKey,
  unknownPatienceMs,
}: CommandHandlerOptions): CommandHandler {
  async function load<State, Command, C extends Catalogue>(
    decider: Decider<State, Command, EventOf<C>>,
    catalogue: C,
    id: string,
  ): Promise<Loaded<State>> {
    let loaded: Loaded<State> = { state: decider.initial, revision: undefined, hash: undefined };
    for await (const recorded of store.readStream(`${decider.category}-${id}`)) {
      const event = decode(catalogue, recorded);
      loaded = {
        state: event === undefined ? loaded.state : decider.evolve(loaded.state, event),
        revision: recorded.revision,
        hash: typeof recorded.metadata['hash'] === 'string' ? recorded.metadata['hash'] : undefined,
      };
    }
    return loaded;
  }

  function record(catalogue: Catalogue, event: { type: string; data: unknown }, context: CommandContext): NewEvent {
    const now = clock();
    return { id: uuidV7(now), ...encodeEvent(catalogue, event, { at: isoTime(now), ...context }) };
  }

  return {
    load,
    async handle(decider, catalogue, id, command, context, { ifMatch } = {}) {
      const stream = `${decider.category}-${id}`;
      for (let attempt = 1; ; attempt += 1) {
        const loaded = await load(decider, catalogue, id);
        if (ifMatch !== undefined && ifMatch !== loaded.revision) throw revisionMismatch(ifMatch, loaded.revision);
        const decided = decider.decide(command, loaded.state);
        if (decided.length === 0) return { state: loaded.state, revision: loaded.revision, position: undefined };
        const head = loaded.revision === undefined ? undefined : { revision: loaded.revision, hash: loaded.hash ?? '' };
        const events = chain(
          chainKey,
          stream,
          head,
          decided.map((event) => record(catalogue, event, context)),
        );
        try {
          const appended = await appendUntilKnown(
            store,
            stream,
            loaded.revision ?? 'no-stream',
            events,
            unknownPatienceMs,
          );
          return { state: decided.reduce(decider.evolve, loaded.state), ...appended };
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
          if (ifMatch !== undefined) throw revisionMismatch(ifMatch, error.data['actual']);
          if (attempt === CONFLICT_TRIES) throw error;
        }
      }
    },
  };
}

function revisionMismatch(expected: number, actual: unknown): AppError {
  return new Conflict('revision-mismatch', 'It was changed since you read it. Read it again and repeat the change.', {
    data: { expected, actual: typeof actual === 'number' ? actual : 'no-stream' },
  });
}
