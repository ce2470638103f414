import streams from '@eventstore/db-client/generated/streams_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { wrongExpectedRevision } from '../appendConflict.ts';
import type { EncodedEvent } from '../encodeEvents.ts';
import type { ExpectedRevision } from '../eventStore.ts';
import type { Connection } from './connections.ts';

const { AppendReq } = streams;

export interface AppendCall {
  /** By its name in the store. */
  readonly name: string;
  /** By its name for us. */
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
}

export interface AppendAnswer {
  readonly revision: number;
  /** The server leaves it out when it would have to read for it. */
  readonly position: bigint | undefined;
}

/**
 * Sends one append as a call of its own (`BatchAppend`, which the official client prefers, has no deadline).
 * @throws Conflict; a ServiceError
 */
export async function appendCall(
  connection: Connection,
  { name, stream, expected, events }: AppendCall,
  withinMs: number,
): Promise<AppendAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<streams.AppendResp>();
  const options = { deadline: Date.now() + withinMs };
  const call = connection.streams.append(connection.metadata(), options, (error, response) => {
    if (error === null) resolve(response);
    else reject(error);
  });
  // The callback gets each error; without a listener it would end the process, too.
  call.on('error', () => undefined);
  call.write(header(name, expected));
  for (const event of events) call.write(message(event));
  call.end();
  const response = await promise;
  const success = response.getSuccess();
  if (success !== undefined) {
    const position = success.getPosition();
    return {
      revision: Number(success.getCurrentRevision()),
      position: position === undefined ? undefined : BigInt(position.getCommitPosition()),
    };
  }
  const conflict = response.getWrongExpectedVersion();
  if (conflict === undefined) throw new Error('EventStoreDB answered an append with neither success nor conflict');
  const actual = conflict.hasCurrentRevision() ? Number(conflict.getCurrentRevision()) : 'no-stream';
  throw wrongExpectedRevision({ stream, expected, actual });
}

function header(name: string, expected: ExpectedRevision): streams.AppendReq {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(name, 'utf8'));
  const options = new AppendReq.Options();
  options.setStreamIdentifier(identifier);
  if (expected === 'no-stream') options.setNoStream(new shared.Empty());
  else options.setRevision(String(expected));
  const request = new AppendReq();
  request.setOptions(options);
  return request;
}

function message({ id, type, data, metadata }: EncodedEvent): streams.AppendReq {
  const uuid = new shared.UUID();
  uuid.setString(id);
  const proposed = new AppendReq.ProposedMessage();
  proposed.setId(uuid);
  proposed.getMetadataMap().set('type', type).set('content-type', 'application/json');
  proposed.setData(Buffer.from(data, 'utf8'));
  proposed.setCustomMetadata(Buffer.from(metadata, 'utf8'));
  const request = new AppendReq();
  request.setProposedMessage(proposed);
  return request;
}
