import type { EventStore } from '../events/eventStore.ts';
import { carriedHash } from '../events/carriedHash.ts';
import type { Queryable } from '../postgres/database.ts';
import { listStreamHeads, type StreamHeadRow } from '../projections/tables/streamHeads.ts';
import { subjectOf } from '../events/streamName.ts';
import type { Fault } from './fault.ts';
import type { StreamEnd, StreamTable } from './streamTable.ts';

/** Rows read at once. */
const PAGE = 500;

/** Of HMAC-SHA-256. */
const HASH_BYTES = 32;

export interface HeadCheckOptions {
  readonly db: Queryable;
  readonly events: EventStore;
  readonly streams: StreamTable;
  /** The last position that was verified. */
  readonly upTo: bigint;
}

/** A fault, and the position by which several are ordered. */
interface Placed {
  readonly fault: Fault;
  readonly place: bigint;
}

/** Compares the table stream_heads with the ends of the streams that were verified. @returns the first fault in position order */
export async function checkHeads(options: HeadCheckOptions): Promise<Fault | undefined> {
  const { db, streams } = options;
  let first: Placed | undefined;
  const keep = (fault: Fault | undefined, place: bigint): void => {
    if (fault !== undefined && (first === undefined || place < first.place)) first = { fault, place };
  };
  for (let after: string | undefined; ;) {
    const page = await listStreamHeads(db, { after, limit: PAGE });
    for (const head of page) keep(await checkHead(options, head), BigInt(head.position));
    if (page.length < PAGE) break;
    after = page.at(-1)?.stream;
  }
  for (const [stream, row] of streams.unseen()) {
    const { position } = streams.end(row);
    const meaning =
      'The table stream_heads does not know this stream: it was put into the event store from outside, or its row was removed.';
    keep({ kind: 'inserted', stream, revision: 0, meaning }, position);
  }
  return first?.fault;
}

async function checkHead(options: HeadCheckOptions, head: StreamHeadRow): Promise<Fault | undefined> {
  const { streams, upTo } = options;
  const { stream, revision, hash } = head;
  const position = BigInt(head.position);
  const row = streams.find(stream);
  // Not one of ours: nothing of it was verified.
  if (subjectOf(stream) === undefined) return undefined;
  if (row !== undefined) streams.see(row);
  const isLater = position > upTo;
  const end = isLater ? await storedAt(options, head) : row === undefined ? undefined : streams.end(row);
  if (end === undefined && row === undefined) {
    const meaning = `The whole stream is gone; the table stream_heads knows it up to revision ${revision}.`;
    return { kind: 'removed', stream, revision: 0, meaning };
  }
  const last = end?.revision ?? (row === undefined ? -1 : streams.end(row).revision);
  if (end === undefined || revision > last) {
    const meaning = `The end of the stream was cut off; the table stream_heads knows it up to revision ${revision}.`;
    return { kind: 'truncated', stream, revision: last + 1, ...(revision === last + 1 ? { position } : {}), meaning };
  }
  if (revision < last) {
    const meaning = `The events from here on are genuine, but the table stream_heads ends before them: it was edited, or put back to an earlier state.`;
    return { kind: 'head-mismatch', stream, revision: revision + 1, meaning };
  }
  if (isSameHash(hash, end.hash) && position === end.position) return undefined;
  const meaning = 'The table stream_heads remembers another event here: the history or the table was edited.';
  return { kind: 'head-mismatch', stream, revision, position: end.position, meaning };
}

/** Finds what the store has at the head of a stream that has grown since the verification began. */
async function storedAt({ events }: HeadCheckOptions, head: StreamHeadRow): Promise<StreamEnd | undefined> {
  for await (const event of events.readStream(head.stream, { from: head.revision, limit: 1 })) {
    const { revision, position } = event;
    if (revision === head.revision) return { revision, position, hash: carriedHash(event) };
  }
  return undefined;
}

/** The table of streams has room for a hash; of an event that was skipped any text may stand in its place. */
function isSameHash(head: string, end: string): boolean {
  if (head === end) return true;
  const bytes = Buffer.alloc(HASH_BYTES);
  bytes.write(head, 'base64url');
  return bytes.toString('base64url') === end;
}
