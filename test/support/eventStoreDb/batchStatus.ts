import type { Code } from '@eventstore/db-client/generated/code_pb.js';
import type { Message } from 'google-protobuf';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';

import type { Expected } from './commitCheck.ts';
import { streamIdentifier } from './streamName.ts';
import { Any, Empty, rpcCode, rpcStatus, shared } from './stubs.ts';

const code = rpcCode.Code;

function pack(status: Code, message: string, type: string, details: Message): Status {
  return packBytes(status, message, type, details.serializeBinary());
}

/** A number as a field of a message. */
function field(number: number, value: number): Buffer {
  const bytes = [number << 3];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

function packBytes(status: Code, message: string, type: string, details: Uint8Array): Status {
  const any = new Any();
  any.pack(details, type);
  const packed = new rpcStatus.Status();
  packed.setCode(status);
  packed.setMessage(message);
  packed.setDetails(any);
  return packed;
}

function client(status: Code, name: string, details: Message): Status {
  return pack(status, name, `event_store.client.${name}`, details);
}

/** How one append among many is refused: a google.rpc.Status whose details say what happened. */
export const batchStatus = {
  wrongExpectedVersion(expected: Expected, current: number): Status {
    const details = new shared.WrongExpectedVersion();
    if (expected === 'any') details.setExpectedAny(new Empty());
    else if (expected === 'no-stream') details.setExpectedNoStream(new Empty());
    else if (expected === 'stream-exists') details.setExpectedStreamExists(new Empty());
    else details.setExpectedStreamPosition(String(expected));
    if (current < 0) details.setCurrentNoStream(new Empty());
    else details.setCurrentStreamRevision(String(current));
    return client(code.ALREADY_EXISTS, 'WrongExpectedVersion', details);
  },
  streamDeleted(stream: string): Status {
    const details = new shared.StreamDeleted();
    details.setStreamIdentifier(streamIdentifier(stream));
    return client(code.NOT_FOUND, 'StreamDeleted', details);
  },
  maxAppendSize(bytes: number): Status {
    const details = new shared.MaximumAppendSizeExceeded();
    details.setMaxappendsize(bytes);
    return client(code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', details);
  },
  maxAppendEventSize(id: string, proposed: number, max: number): Status {
    // Newer than the client's stubs: a string and two numbers.
    const name = 'MaximumAppendEventSizeExceeded';
    const bytes = Buffer.concat([Buffer.from([0x0a, id.length]), Buffer.from(id), field(2, proposed), field(3, max)]);
    return packBytes(code.INVALID_ARGUMENT, name, `event_store.client.${name}`, bytes);
  },
  badRequest(message: string): Status {
    const details = new shared.BadRequest();
    details.setMessage(message);
    return client(code.INVALID_ARGUMENT, 'BadRequest', details);
  },
  accessDenied: (): Status => client(code.PERMISSION_DENIED, 'AccessDenied', new shared.AccessDenied()),
  timeout: (): Status => client(code.DEADLINE_EXCEEDED, 'Timeout', new shared.Timeout()),
  unknown: (): Status => client(code.UNKNOWN, 'Unknown', new shared.Unknown()),
  internal: (message: string): Status => pack(code.INTERNAL, message, 'google.protobuf.Empty', new Empty()),
  /** Has no code of its own on a real server either. */
  notHandled: (message: string): Status => pack(code.OK, message, 'google.protobuf.Empty', new Empty()),
};
