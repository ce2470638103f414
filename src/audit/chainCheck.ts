import { createSecretKey } from 'node:crypto';
import { UnreadableEvent } from '../events/catalogue.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { isGenuine, NO_PREVIOUS_HASH } from '../events/hashChain.ts';
import { metadataSchema } from '../events/metadata.ts';
import type { Queryable } from '../postgres/database.ts';
import { findStreamHead } from '../projections/streamHeads.ts';
import { subjectOf } from '../events/streamName.ts';
import { decodeKnown, type KnownEvent } from '../events/knownEvent.ts';
import type { Fault } from './fault.ts';
import type { StreamTable } from './streamTable.ts';

export interface ChainCheckOptions {
  readonly chainKey: Buffer;
  readonly events: EventStore;
  readonly db: Queryable;
  readonly streams: StreamTable;
  /** As far as the table stream_heads is to be trusted to know of events. */
  readonly headsUpTo: bigint | undefined;
}

/** An event that is genuine and stands where it belongs. */
export interface Link {
  readonly row: number;
  /** RFC 3339 UTC. */
  readonly at: string;
  /** Undefined for a type that this version does not know. */
  readonly event: KnownEvent | undefined;
}

/** Checks events one by one, in position order. */
export interface ChainCheck {
  /** @returns the event, a fault, or `foreign` for an event of a stream that is none of ours */
  check(recorded: RecordedEvent): Link | 'foreign' | Promise<Fault>;
}

/** What to add when nothing verifies from the very first event on: the chain's key lies in vault_keys. */
const NONE_BEFORE =
  ' It is the first event of all: if vault_keys was lost or restored from elsewhere, every event looks so.';

/** Makes the check that every event is as written, and every stream without a gap. DESIGN 3, tamper evidence. */
export function createChainCheck(options: ChainCheckOptions): ChainCheck {
  const { events, db, streams, headsUpTo } = options;
  const chainKey = createSecretKey(options.chainKey);

  async function notGenuine({ stream, revision, position }: RecordedEvent): Promise<Fault> {
    const head = await findStreamHead(db, stream);
    const known = headsUpTo !== undefined && position <= headsUpTo;
    const first = streams.size === 0 ? NONE_BEFORE : '';
    if (known && (head === undefined || head.revision < revision)) {
      const meaning = 'MetaMCP did not write this event: it was put into the event store from outside.';
      return { kind: 'inserted', stream, revision, position, meaning: meaning + first };
    }
    const meaning =
      'This is not what was written at this place: the event was edited, moved here, or put in the place of another.';
    return { kind: 'edited', stream, revision, position, meaning: meaning + first };
  }

  async function misplaced({ stream, revision, position }: RecordedEvent, expected: number): Promise<Fault> {
    if (revision < expected) {
      const meaning = 'The event is there a second time, after its successors.';
      return { kind: 'inserted', stream, revision, position, meaning };
    }
    for await (const found of events.readStream(stream, { from: expected, limit: 1 })) {
      if (found.revision !== expected) break;
      const meaning = `The event stands after revision ${revision}, which followed it: the order was changed.`;
      return { kind: 'reordered', stream, revision: expected, position: found.position, meaning };
    }
    const meaning = `The event is gone: the stream goes on with revision ${revision}.`;
    return { kind: 'removed', stream, revision: expected, meaning };
  }

  return {
    check(recorded) {
      const { stream, revision, position, metadata } = recorded;
      if (subjectOf(stream) === undefined) return 'foreign';
      if (!isGenuine(chainKey, recorded)) return notGenuine(recorded);
      const known = streams.find(stream);
      const last = known === undefined ? { revision: -1, hash: NO_PREVIOUS_HASH } : streams.end(known);
      if (revision !== last.revision + 1) return misplaced(recorded, last.revision + 1);
      if (metadata['prev'] !== last.hash) {
        const meaning = 'MetaMCP wrote this event, but after another one than now stands before it.';
        return Promise.resolve({ kind: 'unlinked', stream, revision, position, meaning });
      }
      try {
        const event = decodeKnown(recorded);
        const { at, hash } = event?.metadata ?? metadataSchema.parse(metadata);
        const row = known ?? streams.add(stream);
        streams.set(row, { revision, position, hash });
        return { row, at, event };
      } catch (error) {
        const newer =
          error instanceof UnreadableEvent && error.cause instanceof Error ? `: ${error.cause.message}` : '';
        const meaning = `The event is genuine, but this version of MetaMCP can’t read it${newer}.`;
        return Promise.resolve({ kind: 'unreadable', stream, revision, position, meaning });
      }
    },
  };
}
