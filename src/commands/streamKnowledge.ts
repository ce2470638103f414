import type { Visibility } from '../events/eventStore.ts';
import type { Snapshot } from './snapshot.ts';

/** What the read side knows of a stream before it is read. */
export interface KnownStream {
  /** The last revision that the read tables contain; undefined: they have never heard of it. */
  readonly revision: number | undefined;
  /** What the event store was seen not to show; undefined: nothing that anybody noticed. */
  readonly hidden: 'hidden' | 'removed' | undefined;
  /** Its events that no reader can take, and which of them an operator has had skipped. */
  readonly unreadable: readonly {
    readonly revision: number;
    readonly skipped: boolean;
    readonly reason: string;
  }[];
  readonly snapshot: Snapshot | undefined;
}

/** What commands need of the read side. None of it decides: it tells what to look for in the event store. */
export interface StreamKnowledge {
  /** @throws Unavailable */
  find(stream: string): Promise<KnownStream>;
  /** Notes what the event store shows of a stream, so that every gateway acts on it. @throws Unavailable */
  noteVisibility(stream: string, visibility: Visibility): Promise<void>;
  /** Keeps a snapshot if it can: without it the next command only takes longer. */
  keepSnapshot(stream: string, snapshot: Snapshot): Promise<void>;
}
