import type { RecordedEvent } from '../events/eventStore.ts';
import type { AuditCheckpoint } from './auditCheckpoint.ts';
import type { Fault } from './fault.ts';
import type { StreamTable } from './streamTable.ts';

/** Compares a history with an audit checkpoint of it. */
export interface AuditCheckpointCheck {
  /** False: positions can't be compared, as after a copy to another store. */
  readonly sameStore: boolean;
  /** Looks at an event that is genuine. */
  see(event: RecordedEvent): Fault | undefined;
  /** Looks for what has not come. */
  end(streams: StreamTable): Fault | undefined;
}

/** Makes the comparison with an audit checkpoint that was read and found genuine. */
export function createAuditCheckpointCheck(checkpoint: AuditCheckpoint, store: string): AuditCheckpointCheck {
  const { created_at: when } = checkpoint;
  const heads = new Map(checkpoint.heads.map((head) => [head.stream, head]));
  const sameStore = checkpoint.store === store;
  const upTo = checkpoint.position === undefined ? -1n : BigInt(checkpoint.position);
  return {
    sameStore,
    see({ stream, revision, position, metadata }) {
      const head = heads.get(stream);
      if (head?.revision === revision && head.hash !== metadata['hash']) {
        const meaning = `On ${when} another event stood here: the history was rewritten since.`;
        return { kind: 'rewritten', stream, revision, position, meaning };
      }
      if (sameStore && position <= upTo && revision > (head?.revision ?? -1)) {
        const meaning = `The event stands before the end of the history of ${when}, but was not in it.`;
        return { kind: 'inserted', stream, revision, position, meaning };
      }
      return undefined;
    },
    end(streams) {
      for (const { stream, revision } of checkpoint.heads) {
        const row = streams.find(stream);
        if (row === undefined) {
          const meaning = `On ${when} the stream went up to revision ${revision}: all of it was removed since.`;
          return { kind: 'removed', stream, revision: 0, meaning };
        }
        const last = streams.end(row).revision;
        if (last >= revision) continue;
        const meaning = `On ${when} the stream went up to revision ${revision}: its end was cut off since.`;
        return { kind: 'truncated', stream, revision: last + 1, meaning };
      }
      return undefined;
    },
  };
}
