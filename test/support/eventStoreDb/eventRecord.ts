import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';

import { idOf } from './eventId.ts';
import { streamIdentifier, streamNameOf } from './streamName.ts';
import { shared, streams } from './stubs.ts';

/** An event as a client proposes it. */
export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

/** An event as the history holds it. */
export interface StoredEvent extends ProposedEvent {
  readonly stream: string;
  readonly revision: bigint;
  /** Commit and prepare position are the same for everything this server writes. */
  readonly position: bigint;
  /** In ticks of 100 ns since 1970. */
  readonly created: bigint;
}

/** Encodes an event as the wire's RecordedEvent, the form in which it is kept. */
export function encodeRecord(event: StoredEvent): Uint8Array {
  const id = new shared.UUID();
  id.setString(event.id);
  const record = new streams.ReadResp.ReadEvent.RecordedEvent();
  record.setId(id);
  record.setStreamIdentifier(streamIdentifier(event.stream));
  record.setStreamRevision(String(event.revision));
  record.setCommitPosition(String(event.position));
  record.setPreparePosition(String(event.position));
  const properties = record.getMetadataMap();
  properties.set('type', event.type);
  properties.set('created', String(event.created));
  properties.set('content-type', event.isJson ? 'application/json' : 'application/octet-stream');
  record.setData(event.data);
  record.setCustomMetadata(event.metadata);
  return record.serializeBinary();
}

export function decodeRecord(bytes: Uint8Array): StoredEvent {
  const record: ReadResp.ReadEvent.RecordedEvent = streams.ReadResp.ReadEvent.RecordedEvent.deserializeBinary(bytes);
  const properties = record.getMetadataMap();
  return {
    id: idOf(record.getId()),
    type: properties.get('type')!,
    isJson: properties.get('content-type') === 'application/json',
    data: record.getData_asU8(),
    metadata: record.getCustomMetadata_asU8(),
    stream: streamNameOf(record.getStreamIdentifier()),
    revision: BigInt(record.getStreamRevision()),
    position: BigInt(record.getCommitPosition()),
    created: BigInt(properties.get('created')!),
  };
}

/** What an append counts against its size limits. */
export function sizeOfProposed(event: ProposedEvent): number {
  return event.data.length + event.metadata.length + event.type.length * 2;
}
