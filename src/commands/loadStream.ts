import { createSecretKey } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { decode, UnreadableEvent, type Catalogue, type EventOf } from '../events/catalogue.ts';
import type { RecordedEvent } from '../events/eventStore.ts';
import { isGenuine } from '../events/hashChain.ts';
import { carriedHash } from '../events/carriedHash.ts';
import { beginsStream } from '../events/knownEvent.ts';
import { LAG_DELAY_MS, LAG_TRIES } from '../events/lag.ts';
import { streamRepairEvents } from '../events/streamRepair.ts';
import type { Decider } from './decider.ts';
import type { CommandStore } from './pendingStore.ts';
import { isOurs } from './snapshot.ts';
import type { KnownStream, StreamKnowledge } from './streamKnowledge.ts';
import { streamForeign, streamHidden, streamRemoved, streamUnreadable } from './streamRefusals.ts';
import { streamRepair } from './streamRepair.ts';

/** What a stream holds now. */
export interface Loaded<State> {
  readonly state: State;
  /** The last event's revision, or undefined for a stream that does not exist. */
  readonly revision: number | undefined;
  readonly hash: string | undefined;
  readonly position: bigint | undefined;
  /** Of the snapshot that it was loaded from. */
  readonly snapshotRevision: number | undefined;
  /** Some of its events were passed by, because an operator wants that. */
  readonly skipped: boolean;
}

/** Reads a stream and folds it; never one that is not whole. */
export type LoadStream = <State, Command, C extends Catalogue>(
  decider: Decider<State, Command, EventOf<C>>,
  catalogue: C,
  id: string,
) => Promise<Loaded<State>>;

export interface LoadStreamOptions {
  readonly store: Pick<CommandStore, 'readStream' | 'visibility'>;
  readonly knowledge: StreamKnowledge;
  readonly chainKey: Buffer;
}

/**
 * Makes the loader of streams.
 * It throws Unavailable; Refused `stream-hidden`, `stream-removed`, `stream-foreign`, `stream-unreadable`
 */
export function createLoadStream({ store, knowledge, chainKey }: LoadStreamOptions): LoadStream {
  const chainHmac = createSecretKey(chainKey);

  const load: LoadStream = async (decider, catalogue, id) => {
    const stream = `${decider.category}-${id}`;
    const known = await knowledge.find(stream);
    let loaded = await loadOnce(decider, catalogue, stream, known);
    for (let attempt = 1; endsEarly(loaded, known); attempt += 1) {
      if (attempt === LAG_TRIES) await refuseShortened(stream, loaded, known);
      await delay(LAG_DELAY_MS);
      loaded = await loadOnce(decider, catalogue, stream, known);
    }
    if (loaded.revision === undefined) await refuseVanished(stream, known);
    // Asked, because what was read may come from another store, or an older copy, in which nobody has hidden it.
    else if (known.hidden !== undefined) await noteShown(stream);
    return loaded;
  };

  async function noteShown(stream: string): Promise<void> {
    const visibility = await store.visibility(stream);
    if (visibility === 'whole' || visibility === 'limited') await knowledge.noteVisibility(stream, visibility);
  }

  async function loadOnce<State, Command, C extends Catalogue>(
    decider: Decider<State, Command, EventOf<C>>,
    catalogue: C,
    stream: string,
    known: KnownStream,
  ): Promise<Loaded<State>> {
    return (
      (await fromSnapshot(decider, catalogue, stream, known)) ?? (await fromStart(decider, catalogue, stream, known))
    );
  }

  async function fromStart<State, Command, C extends Catalogue>(
    decider: Decider<State, Command, EventOf<C>>,
    catalogue: C,
    stream: string,
    known: KnownStream,
  ): Promise<Loaded<State>> {
    let loaded: Loaded<State> = {
      state: decider.initial,
      revision: undefined,
      hash: undefined,
      position: undefined,
      snapshotRevision: undefined,
      skipped: false,
    };
    for await (const recorded of store.readStream(stream)) {
      if (recorded.revision === 0 && !beginsStream(recorded)) throw streamForeign(stream);
      loaded = await next(decider, catalogue, loaded, recorded, known);
    }
    return loaded;
  }

  /** @returns undefined when there is no snapshot, or none that counts: what the store holds decides, and nothing else */
  async function fromSnapshot<State, Command, C extends Catalogue>(
    decider: Decider<State, Command, EventOf<C>>,
    catalogue: C,
    stream: string,
    known: KnownStream,
  ): Promise<Loaded<State> | undefined> {
    const { snapshot } = known;
    if (snapshot?.version !== decider.stateVersion || !isOurs(chainKey, stream, snapshot)) return undefined;
    // What is skipped or noticed since may be an event before it.
    if (known.hidden !== undefined || known.unreadable.length > 0) return undefined;
    const [first] = await Array.fromAsync(store.readStream(stream, { limit: 1 }));
    if (first === undefined || !beginsStream(first)) return undefined;
    let loaded: Loaded<State> | undefined;
    for await (const recorded of store.readStream(stream, { from: snapshot.revision })) {
      if (loaded !== undefined) {
        loaded = await next(decider, catalogue, loaded, recorded, known);
      } else if (recorded.metadata['hash'] === snapshot.hash && isGenuine(chainHmac, recorded)) {
        // Genuine: it is also of this stream and this revision.
        const { revision, hash } = snapshot;
        // A cast: we have made it from a state of this version.
        const state = snapshot.state as State;
        loaded = { state, revision, hash, position: recorded.position, snapshotRevision: revision, skipped: false };
      } else {
        return undefined;
      }
    }
    return loaded;
  }

  /** Adds the next event. */
  async function next<State, Command, C extends Catalogue>(
    decider: Decider<State, Command, EventOf<C>>,
    catalogue: C,
    loaded: Loaded<State>,
    recorded: RecordedEvent,
    known: KnownStream,
  ): Promise<Loaded<State>> {
    const { stream, revision, position } = recorded;
    const due = (loaded.revision ?? -1) + 1;
    if (revision !== due) {
      if (known.hidden !== 'hidden') await knowledge.noteVisibility(stream, 'hidden');
      throw streamHidden(stream, `${stream}@${due} is not there, and ${revision} is the next one that is`);
    }
    const read = await readEvent(catalogue, recorded, known);
    return {
      ...loaded,
      state: read === undefined || read === 'skipped' ? loaded.state : decider.evolve(loaded.state, read),
      revision,
      hash: carriedHash(recorded) || undefined,
      position,
      skipped: loaded.skipped || read === 'skipped',
    };
  }

  /** @returns undefined for a type that this version does not know */
  async function readEvent<C extends Catalogue>(
    catalogue: C,
    recorded: RecordedEvent,
    { unreadable }: KnownStream,
  ): Promise<EventOf<C> | 'skipped' | undefined> {
    const { stream, revision, id, type } = recorded;
    const noted = unreadable.find((each) => each.revision === revision);
    if (noted?.skipped === true) return 'skipped';
    let reason = noted?.reason;
    try {
      const event = decode(catalogue, recorded);
      if (reason === undefined) return event;
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      reason = error.reason;
    }
    // Nobody repairs repairs: what can't be read there has never meant anything.
    if (stream.startsWith(`${streamRepair.category}-`)) return undefined;
    // The read tables may not know yet that it is skipped.
    const { state } = await load(streamRepair, streamRepairEvents, stream);
    if (state.skipped.some((each) => each.revision === revision && each.eventId === id)) return 'skipped';
    throw streamUnreadable(stream, revision, type, reason);
  }

  /** A stream reads as empty. Is that all? */
  async function refuseVanished(stream: string, known: KnownStream): Promise<void> {
    const visibility = await store.visibility(stream);
    if (visibility === 'removed' || visibility === 'hidden') {
      if (known.hidden !== visibility) await knowledge.noteVisibility(stream, visibility);
      throw visibility === 'removed' ? streamRemoved(stream) : streamHidden(stream, 'nothing of it is there');
    }
    // `whole`: somebody has begun it just now, and the append is going to meet that.
    if (visibility === 'whole' || visibility === 'limited' || known.revision === undefined) return;
    if (known.hidden !== 'hidden') await knowledge.noteVisibility(stream, 'hidden');
    throw streamHidden(stream, `nothing of it is there, and the read tables know it up to ${known.revision}`);
  }

  /** A stream ends before what was applied of it: decided on, it would get another event in the place of one that is known. */
  async function refuseShortened(stream: string, { revision }: Loaded<unknown>, known: KnownStream): Promise<never> {
    // Which looks first whether it is the store that the tables are of.
    await store.visibility(stream);
    throw streamHidden(stream, `it ends at revision ${revision}, and the read tables know it up to ${known.revision}`);
  }

  return load;
}

/** Says whether the store shows less of a stream than the tables contain; of nothing at all, `refuseVanished` tells. */
function endsEarly({ revision }: Loaded<unknown>, known: KnownStream): boolean {
  return revision !== undefined && known.revision !== undefined && revision < known.revision;
}
