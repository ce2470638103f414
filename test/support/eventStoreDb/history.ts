import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';

import type { Bell } from './bell.ts';
import { checkCommit, type Expected } from './commitCheck.ts';
import { EventLog } from './eventLog.ts';
import { decodeRecord, type ProposedEvent, type StoredEvent } from './eventRecord.ts';
import { IdIndex } from './idIndex.ts';
import * as state from './streamState.ts';
import { Tampering } from './tampering.ts';

export type CommitResult =
  | { readonly result: 'success'; readonly revision: number; readonly position: number | undefined }
  | { readonly result: 'wrong-expected-version'; readonly current: number }
  | { readonly result: 'stream-deleted' }
  /** A repetition whose first try is under way: a real server gives it no answer. */
  | { readonly result: 'not-indexed' };

/** What a server has stored. It outlives crashes and restarts, and the nodes of a cluster share one. */
export class History {
  readonly log = new EventLog();
  /** Edits, removes, swaps, truncates and inserts stored events. */
  readonly tamper = new Tampering(this);
  /** Called after every commit, before readers hear of it. */
  afterCommit: (() => void) | undefined;
  /** Rung after every commit. */
  readonly bells = new Set<Bell>();
  readonly #streams = new Map<string, state.StreamState>();
  readonly #ids = new IdIndex((number) => this.log.idOf(number));
  readonly #unindexed = new Set<number>();
  readonly #nowMs: () => number;

  constructor(nowMs = () => performance.timeOrigin + performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Appends all events or none, as one append call does. */
  append(stream: string, expected: Expected, events: readonly ProposedEvent[]): CommitResult {
    const check = checkCommit(this, stream, expected, events);
    switch (check.decision) {
      case 'stream-deleted':
        return { result: 'stream-deleted' };
      case 'wrong-expected-version':
        return { result: 'wrong-expected-version', current: check.current };
      case 'idempotent': {
        const { revision, last } = check;
        if (this.#unindexed.has(this.log.positionOf(last))) return { result: 'not-indexed' };
        // Events a reader can't see any more have no position to answer.
        const position = revision < this.firstRevision(stream) ? undefined : this.log.positionOf(last);
        return { result: 'success', revision, position };
      }
      case 'ok': {
        // Metadata that is written to a softly deleted stream brings it back, empty.
        const original = state.isMetastream(stream) ? state.originalStreamOf(stream) : undefined;
        const revives = original !== undefined && this.isSoftDeleted(original);
        // A real server writes a record even for no events; here it has the place of the next one.
        const nothing = this.log.end;
        for (const event of events) this.#write(stream, event);
        const position = events.length === 0 ? nothing : this.log.lastPosition;
        if (events.length > 0) this.#index(position);
        if (check.softDeleted) this.#undelete(stream, check.current + 1);
        if (revives) this.#undelete(original, this.lastRevision(original) + 1);
        this.#ring();
        return { result: 'success', revision: check.current + events.length, position };
      }
    }
  }

  /** Waits until the event at a position can be found: until what has come in with it has been looked at. */
  async indexed(position: number): Promise<void> {
    while (this.#unindexed.has(position)) await turn();
  }

  /** Deletes a stream: softly, it can be created anew and goes on counting; with a tombstone, never again. */
  delete(stream: string, expected: Expected, how: 'soft' | 'tombstone'): CommitResult {
    const check = checkCommit(this, stream, expected, [{ ...metadataEvent(''), id: randomUUID() }]);
    if (check.decision === 'stream-deleted') return { result: 'stream-deleted' };
    if (check.decision !== 'ok') return { result: 'wrong-expected-version', current: this.lastRevision(stream) };
    const metastream = state.metastreamOf(stream);
    if (how === 'tombstone') {
      const tombstone = { ...metadataEvent(''), type: '$streamDeleted', isJson: false };
      this.#stream(stream).tombstone = this.log.append(stream, state.DELETED, tombstone, this.#nowMs());
    } else if (check.current < 0 && this.lastRevision(metastream) < 0) {
      return { result: 'wrong-expected-version', current: -1 };
    } else {
      this.#write(metastream, metadataEvent(`{"$tb":${state.DELETED}}`));
    }
    this.#ring();
    return { result: 'success', revision: check.current, position: this.log.lastPosition };
  }

  /** All events of a stream that are stored, whatever its metadata hides. */
  stored(stream: string): StoredEvent[] {
    const numbers = this.#streams.get(stream)?.events ?? [];
    return numbers.filter((number) => number !== undefined).map((number) => decodeRecord(this.log.record(number)));
  }

  lastRevision(stream: string): number {
    return (this.#streams.get(stream)?.events.length ?? 0) - 1;
  }

  /** The first revision that metadata leaves to be read, not counting `$maxAge`. */
  firstRevision(stream: string): number {
    const { maxCount, truncateBefore } = this.metadataOf(stream);
    const byCount = maxCount === undefined ? 0 : this.lastRevision(stream) - maxCount + 1;
    return Math.max(0, byCount, truncateBefore ?? 0);
  }

  metadataOf(stream: string): state.StreamMetadata {
    return this.#streams.get(stream)?.metadata ?? state.newStreamState(stream).metadata;
  }

  /** The metadata of a tombstoned stream is as gone as the stream. */
  isTombstoned(stream: string): boolean {
    if (state.isMetastream(stream) && this.isTombstoned(state.originalStreamOf(stream))) return true;
    return this.tombstoneOf(stream) !== undefined;
  }

  tombstoneOf(stream: string): number | undefined {
    return this.#streams.get(stream)?.tombstone;
  }

  isSoftDeleted(stream: string): boolean {
    return this.metadataOf(stream).softDeleted;
  }

  numberOf(stream: string, revision: number): number | undefined {
    return this.#streams.get(stream)?.events[revision];
  }

  revisionOf(number: number): number {
    return Number(decodeRecord(this.log.record(number)).revision);
  }

  findInStream(stream: string, id: Buffer): number | undefined {
    const number = this.#ids.find(id);
    if (number === undefined || this.log.isRemoved(number)) return undefined;
    return this.log.streamNames.name(this.log.streamOf(number)) === stream ? number : undefined;
  }

  isTooOld(stream: string, number: number): boolean {
    const { maxAgeMs } = this.metadataOf(stream);
    return maxAgeMs !== undefined && this.log.createdMsOf(number) < this.#nowMs() - maxAgeMs;
  }

  /**
   * Forgets the ids it has seen, as a server does when it starts or becomes leader: from then on only an append that
   * names a revision is recognised when it is repeated.
   */
  forgetIds(): void {
    this.#ids.clear();
  }

  /** The numbers of a stream's events by revision, for those who damage them. */
  eventsOf(stream: string): (number | undefined)[] {
    return this.#stream(stream).events;
  }

  /** Writes an event as it stands in another history. */
  replay(event: StoredEvent): void {
    const createdMs = Number(event.created) / 10_000;
    if (event.revision < state.DELETED) this.#write(event.stream, event, createdMs);
    else this.#stream(event.stream).tombstone = this.log.append(event.stream, event.revision, event, createdMs);
  }

  #write(stream: string, event: ProposedEvent, createdMs = this.#nowMs()): void {
    const { events } = this.#stream(stream);
    const number = this.log.append(stream, BigInt(events.length), event, createdMs);
    events.push(number);
    this.#ids.put(this.log.idOf(number), number);
    // Metadata has no metadata of its own.
    if (!state.isMetastream(stream) || state.isMetastream(state.originalStreamOf(stream))) return;
    const original = this.#stream(state.originalStreamOf(stream));
    original.rawMetadata = Buffer.from(event.data).toString();
    original.metadata = state.parseStreamMetadata(original.rawMetadata);
  }

  /** Commits are indexed a moment later, and answered after that. */
  #index(position: number): void {
    const isIdle = this.#unindexed.size === 0;
    this.#unindexed.add(position);
    if (isIdle) void this.#catchUpIndex();
  }

  /** Whatever is committed in one turn is indexed at the end of the next. */
  async #catchUpIndex(): Promise<void> {
    while (this.#unindexed.size > 0) {
      const committed = this.log.end;
      await turn();
      await turn();
      for (const position of this.#unindexed) if (position < committed) this.#unindexed.delete(position);
    }
  }

  #undelete(stream: string, revision: number): void {
    const raw = this.#stream(stream).rawMetadata;
    if (raw === undefined) return;
    this.#write(state.metastreamOf(stream), metadataEvent(state.undeletedMetadata(raw, revision)));
  }

  #stream(name: string): state.StreamState {
    let found = this.#streams.get(name);
    if (found === undefined) this.#streams.set(name, (found = state.newStreamState(name)));
    return found;
  }

  #ring(): void {
    this.afterCommit?.();
    for (const bell of this.bells) bell.ring();
  }
}

function metadataEvent(json: string): ProposedEvent {
  return { id: randomUUID(), type: '$metadata', isJson: true, data: Buffer.from(json), metadata: Buffer.alloc(0) };
}
