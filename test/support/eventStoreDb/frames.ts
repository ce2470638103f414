import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';

import { decodeRecord } from './eventRecord.ts';
import type { History } from './history.ts';
import type { LogPosition } from './logPosition.ts';
import { streamIdentifier } from './streamName.ts';
import { streams } from './stubs.ts';

// Events are kept in their wire form, so reading one only puts the outer messages around it. Tags of ReadResp.event,
// ReadEvent.event, ReadEvent.link (all length-delimited) and ReadEvent.commit_position (a varint).
const RESPONSE_EVENT = (1 << 3) | 2;
const EVENT = (1 << 3) | 2;
const LINK = (2 << 3) | 2;
const COMMIT_POSITION = 3 << 3;

/** Encodes an event as the answer to a read; a link comes with the event it points to, if that is asked for. */
export function eventFrame(history: History, number: number, resolveLinks: boolean): Buffer {
  const { log } = history;
  const record = log.record(number);
  const isLink = resolveLinks && log.typeNames.name(log.typeOf(number)) === '$>';
  const event = isLink ? linkTarget(history, record) : record;
  const body: Uint8Array[] = [];
  if (event !== undefined) body.push(tagged(EVENT, event.length), event);
  if (isLink) body.push(tagged(LINK, record.length), record);
  body.push(tagged(COMMIT_POSITION, log.positionOf(number)));
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([tagged(RESPONSE_EVENT, length), ...body]);
}

export function confirmationFrame(subscriptionId: string): Buffer {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(subscriptionId);
  return frame((response) => response.setConfirmation(confirmation));
}

export function checkpointFrame({ commit, prepare }: LogPosition): Buffer {
  const checkpoint = new streams.ReadResp.Checkpoint();
  checkpoint.setCommitPosition(String(commit));
  checkpoint.setPreparePosition(String(prepare));
  return frame((response) => response.setCheckpoint(checkpoint));
}

export function caughtUpFrame(): Buffer {
  return frame((response) => response.setCaughtUp(new streams.ReadResp.CaughtUp()));
}

export function streamNotFoundFrame(stream: string): Buffer {
  const notFound = new streams.ReadResp.StreamNotFound();
  notFound.setStreamIdentifier(streamIdentifier(stream));
  return frame((response) => response.setStreamNotFound(notFound));
}

function frame(fill: (response: ReadResp) => void): Buffer {
  const response = new streams.ReadResp();
  fill(response);
  return Buffer.from(response.serializeBinary());
}

/** The event a link names as `revision@stream`, unless it is gone. */
function linkTarget(history: History, link: Buffer): Buffer | undefined {
  const [, revision, stream] = /^(\d+)@(.*)$/s.exec(Buffer.from(decodeRecord(link).data).toString()) ?? [];
  if (stream === undefined || history.isTombstoned(stream) || history.isSoftDeleted(stream)) return undefined;
  if (Number(revision) < history.firstRevision(stream)) return undefined;
  const number = history.numberOf(stream, Number(revision));
  return number === undefined ? undefined : history.log.record(number);
}

/** A field's tag with the number that follows it. Numbers may exceed 32 bits, so no bit operations. */
function tagged(tag: number, value: number): Uint8Array {
  const bytes = [tag];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  bytes.push(value);
  return Uint8Array.from(bytes);
}
