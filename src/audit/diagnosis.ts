import type { KeyObject } from 'node:crypto';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { subjectOf } from '../events/streamName.ts';
import type { Queryable } from '../postgres/database.ts';
import { listStreamHistory } from '../projections/tables/auditEvents.ts';
import { findStreamHead } from '../projections/tables/streamHeads.ts';
import type { Fault } from './fault.ts';
import { isGenuine } from '../events/hashChain.ts';
import type { StreamTable } from './streamTable.ts';

export interface DiagnosisOptions {
  readonly chainKey: KeyObject;
  readonly events: EventStore;
  readonly db: Queryable;
  readonly streams: StreamTable;
  /** As far as the table stream_heads is to be trusted to know of events. */
  readonly headsUpTo: bigint | undefined;
}

/** Finds out what happened to an event that does not fit in. */
export interface Diagnosis {
  /** It is not what MetaMCP wrote at its place. */
  notGenuine(recorded: RecordedEvent): Promise<Fault>;
  /** It stands where another revision of its stream is due. */
  misplaced(recorded: RecordedEvent, expected: number): Promise<Fault>;
  /** Checks whether the audit trail knows an event that could be read at its place. */
  wasReadable(recorded: RecordedEvent): Promise<boolean>;
}

/** Events after the first that are looked at before vault_keys is held to be of another history. */
const SAMPLE = 100;

/** Makes the diagnosis. */
export function createDiagnosis({ chainKey, events, db, streams, headsUpTo }: DiagnosisOptions): Diagnosis {
  /** Counts genuine events, and the others, among the first ones after a position. */
  async function sampleAfter(position: bigint): Promise<{ genuine: number; others: number }> {
    const counted = { genuine: 0, others: 0 };
    for await (const recorded of events.readAll({ after: position, limit: SAMPLE })) {
      // An event of another program proves nothing about the key.
      if (subjectOf(recorded.stream) === undefined || typeof recorded.metadata['hash'] !== 'string') continue;
      if (isGenuine(chainKey, recorded)) counted.genuine += 1;
      else counted.others += 1;
    }
    return counted;
  }

  return {
    async notGenuine({ stream, revision, position }) {
      if (streams.size === 0) {
        const { genuine, others } = await sampleAfter(position);
        if (genuine === 0 && others > 0) return keysForeign({ stream, revision, position }, others + 1);
      }
      const first = streams.size === 0 ? NONE_BEFORE : '';
      const head = await findStreamHead(db, stream);
      const known = headsUpTo !== undefined && position <= headsUpTo;
      if (known && (head === undefined || head.revision < revision)) {
        const meaning = 'MetaMCP did not write this event: it was put into the event store from outside.';
        return { kind: 'inserted', stream, revision, position, meaning: meaning + first };
      }
      const meaning =
        'This is not what was written at this place: the event was edited, moved here, or put in the place of another.';
      return { kind: 'edited', stream, revision, position, meaning: meaning + first };
    },

    async misplaced({ stream, revision, position }, expected) {
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
    },

    async wasReadable({ stream, revision, position }) {
      const [row] = await listStreamHistory(db, stream, { after: revision - 1, limit: 1 });
      return row?.revision === revision && BigInt(row.position) === position;
    },
  };
}

/** Added to a fault of the very first event, when nothing else is known. */
const NONE_BEFORE =
  ' It is the first event of all: if vault_keys was lost or restored from elsewhere, every event looks so.';

function keysForeign(
  place: { readonly stream: string; readonly revision: number; readonly position: bigint },
  looked: number,
): Fault {
  const meaning =
    `None of the first ${looked} events is genuine under the key of the hash chain that is in vault_keys: that table is ` +
    'of another installation, or it was lost and made anew. Restore vault_keys from the backup of the PostgreSQL ' +
    'database that belongs to this event store, with its ENCRYPTION_KEY; or set the event store that belongs to this database.';
  return { kind: 'keys-foreign', ...place, meaning };
}
