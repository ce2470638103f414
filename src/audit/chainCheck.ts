import { createSecretKey } from 'node:crypto';
import { UnreadableEvent } from '../events/catalogue.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { FORGED, isForged } from '../events/forgery.ts';
import { isGenuine, NO_PREVIOUS_HASH } from '../events/hashChain.ts';
import { carriedHash } from '../events/carriedHash.ts';
import { beginsStream, decodeKnown, type KnownEvent } from '../events/knownEvent.ts';
import { repairedStream, subjectOf } from '../events/streamName.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Fault } from './fault.ts';
import { createDiagnosis } from './diagnosis.ts';
import { isSkipped } from './skips.ts';
import { Strangers } from './strangers.ts';
import type { StreamTable } from './streamTable.ts';

export interface ChainCheckOptions {
  readonly chainKey: Buffer;
  readonly events: EventStore;
  readonly db: Queryable;
  readonly streams: StreamTable;
  /** As far as the table stream_heads is to be trusted to know of events. */
  readonly headsUpTo: bigint | undefined;
}

/** An event that is genuine and stands where it belongs, or that an operator had skipped. */
export interface Link {
  readonly row: number;
  /** RFC 3339 UTC; undefined for an event that can't be read. */
  readonly at: string | undefined;
  /** Undefined for a type that this version does not know, and for an event that can't be read. */
  readonly event: KnownEvent | undefined;
  readonly skipped: boolean;
}

/** `foreign`: of a stream that is not ours, or forged among repairs. `remains`: genuine, of a stream whose loss was accepted. */
export type Checked = Link | Fault | 'foreign' | 'remains';

/** Checks events one by one, in position order. */
export interface ChainCheck {
  check(recorded: RecordedEvent): Checked | Promise<Checked>;
}

/** Makes the check that every event is as written, and every stream without a gap. docs/architecture.md, Tamper evidence. */
export function createChainCheck(options: ChainCheckOptions): ChainCheck {
  const { events, db, streams } = options;
  const chainKey = createSecretKey(options.chainKey);
  const diagnosis = createDiagnosis({ ...options, chainKey });
  const strangers = new Strangers(db);
  /** By row: what the event after a skipped one may name as the one before it. */
  const beforeSkipped = new Map<number, readonly string[]>();

  function checkOwn(recorded: RecordedEvent, known: number | undefined): Checked | Promise<Checked> {
    const { stream, revision, position, metadata } = recorded;
    const last = known === undefined ? BEFORE_THE_FIRST : streams.end(known);
    let event: KnownEvent | undefined;
    try {
      event = decodeKnown(recorded);
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      return checkUnreadable(recorded, known, error.reason);
    }
    if (!isGenuine(chainKey, recorded)) {
      return isForged(recorded) ? checkUnreadable(recorded, known, FORGED) : diagnosis.notGenuine(recorded);
    }
    if (revision !== last.revision + 1) return diagnosis.misplaced(recorded, last.revision + 1);
    const before = (known === undefined ? undefined : beforeSkipped.get(known)) ?? [last.hash];
    const { prev, hash, at } = metadata;
    if (typeof prev !== 'string' || typeof hash !== 'string' || !before.includes(prev)) {
      const meaning = 'MetaMCP wrote this event, but after another one than now stands before it.';
      return { kind: 'unlinked', stream, revision, position, meaning };
    }
    const row = known ?? streams.add(stream);
    if (beforeSkipped.size > 0) beforeSkipped.delete(row);
    streams.set(row, { revision, position, hash });
    return { row, at: typeof at === 'string' ? at : undefined, event, skipped: false };
  }

  async function checkUnreadable(recorded: RecordedEvent, known: number | undefined, reason: string): Promise<Checked> {
    const { stream, revision, position } = recorded;
    const last = known === undefined ? BEFORE_THE_FIRST : streams.end(known);
    const wasWritten = isGenuine(chainKey, recorded);
    if (!wasWritten && (await diagnosis.wasReadable(recorded))) return diagnosis.notGenuine(recorded);
    if (revision !== last.revision + 1) return diagnosis.misplaced(recorded, last.revision + 1);
    const isForgedRepair = repairedStream(stream) !== undefined && !wasWritten;
    if (!isForgedRepair && !(await isSkipped(events, chainKey, recorded))) {
      if (isForged(recorded)) return inserted(recorded);
      const who = wasWritten
        ? 'MetaMCP wrote this event, but this version of it can’t read it'
        : 'This event can’t be read, and MetaMCP did not write it';
      const meaning =
        `${who}: ${reason}. Its key, role or server is unusable meanwhile; every other one is not concerned. ` +
        `To have it passed by: metamcp-cli db skip ${stream}@${revision} --reason …`;
      return { kind: 'unreadable', stream, revision, position, meaning };
    }
    const hash = carriedHash(recorded);
    const row = known ?? streams.add(stream);
    beforeSkipped.set(row, [...(beforeSkipped.get(row) ?? [last.hash]), hash]);
    streams.set(row, { revision, position, hash });
    return isForgedRepair ? 'foreign' : { row, at: undefined, event: undefined, skipped: true };
  }

  /** Looks at an event that is not the beginning of a stream of ours, in one of which nothing was seen before. */
  async function checkUnbegun(recorded: RecordedEvent): Promise<Checked> {
    const { stream, revision, position } = recorded;
    if (!(await strangers.own(stream))) return checkOwn(recorded, undefined);
    if (!isGenuine(chainKey, recorded)) return 'foreign';
    if (revision > 0) return 'remains';
    const meaning =
      'MetaMCP wrote this event, but it is none that a stream begins with as this version knows them: a newer one wrote it.';
    return { kind: 'unreadable', stream, revision, position, meaning };
  }

  return {
    check(recorded) {
      if (subjectOf(recorded.stream) === undefined) return 'foreign';
      const known = streams.find(recorded.stream);
      return known === undefined && !beginsStream(recorded) ? checkUnbegun(recorded) : checkOwn(recorded, known);
    },
  };
}

/** Makes the fault of an event that another program appended, and that no reader obeys. */
function inserted({ stream, revision, position }: RecordedEvent): Fault {
  const meaning =
    'MetaMCP did not write this event: it was put into the event store from outside, and is not obeyed. To have it passed by: ' +
    `metamcp-cli db skip ${stream}@${revision} --reason …`;
  return { kind: 'inserted', stream, revision, position, meaning };
}

const BEFORE_THE_FIRST = { revision: -1, hash: NO_PREVIOUS_HASH };
