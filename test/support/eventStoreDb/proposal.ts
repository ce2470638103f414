import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';

import type { Expected } from './commitCheck.ts';
import { idBytes, idOf } from './eventId.ts';
import type { ProposedEvent } from './eventRecord.ts';
import { rpcErrors } from './rpcErrors.ts';

// What one record of a real log can hold.
const MAX_RECORD_BYTES = 16 * 1024 * 1024 - 5 * 1024;

/** Takes an event off the wire. @throws RpcError when a property is missing @throws Error when it can't be an event */
export function parseProposal(message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage): ProposedEvent {
  const type = message.getMetadataMap().get('type');
  const contentType = message.getMetadataMap().get('content-type');
  if (type === undefined) throw rpcErrors.missingProperty('type');
  if (contentType === undefined) throw rpcErrors.missingProperty('content-type');
  const id = idOf(message.getId());
  const [data, metadata] = [message.getData_asU8(), message.getCustomMetadata_asU8()];
  if (idBytes(id).every((byte) => byte === 0)) throw new Error("Empty eventId provided. (Parameter 'eventId')");
  if (type === '') throw new Error("Empty eventType provided. (Parameter 'eventType')");
  if (data.length + metadata.length > MAX_RECORD_BYTES) throw new Error("Record is too big. (Parameter 'data')");
  return { id, type, isJson: contentType === 'application/json', data, metadata };
}

/** The parts that the options of every writing call have in common. */
export interface ExpectedOptions {
  hasAny(): boolean;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}

/** @param request The name of the message, for the error. @throws RpcError when nothing is expected */
export function expectedOf(options: ExpectedOptions, revision: string | undefined, request: string): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no-stream';
  if (options.hasStreamExists()) return 'stream-exists';
  if (revision === undefined) throw rpcErrors.notACase(`${request}+Types+Options+ExpectedStreamRevisionOneofCase`);
  return Number(revision);
}

/** The number a real server has for it in its messages. */
export function expectedNumber(expected: Expected): bigint {
  if (typeof expected === 'number') return BigInt(expected);
  return { 'no-stream': -1n, any: -2n, 'stream-exists': -4n }[expected];
}
