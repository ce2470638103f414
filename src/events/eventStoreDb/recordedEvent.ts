import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { JsonObject, RecordedEvent } from '../eventStore.ts';

/** Reads of a record what is needed to know whose it is. */
export function streamOf(read: streams.ReadResp.ReadEvent): { name: string; type: string; position: bigint } {
  const event = eventOf(read);
  return {
    name: Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8'),
    type: event.getMetadataMap().get('type') ?? '',
    position: BigInt(event.getCommitPosition()),
  };
}

/** Reads an event as it came over the wire. @param stream its name for us */
export function recordedEvent(read: streams.ReadResp.ReadEvent, stream: string): RecordedEvent {
  const event = eventOf(read);
  return {
    id: event.getId()?.getString() ?? '',
    type: event.getMetadataMap().get('type') ?? '',
    data: jsonObject(event.getData_asU8()),
    metadata: jsonObject(event.getCustomMetadata_asU8()),
    stream,
    revision: Number(event.getStreamRevision()),
    position: BigInt(event.getCommitPosition()),
  };
}

function eventOf(read: streams.ReadResp.ReadEvent): streams.ReadResp.ReadEvent.RecordedEvent {
  const event = read.getEvent();
  if (event === undefined) throw new Error('EventStoreDB sent a link without its event');
  return event;
}

/**
 * Any program with access to the store can put anything into our streams. What is not a JSON object is represented by an object
 * that no event's schema fits: its reader stops and names it, and its hash does not verify.
 */
export function jsonObject(bytes: Uint8Array): JsonObject {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const value: unknown = JSON.parse(buffer.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Not JSON at all.
  }
  return { 'not a JSON object': buffer.toString('base64') };
}
