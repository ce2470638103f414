import type { StreamIdentifier } from '@eventstore/db-client/generated/shared_pb.js';

import { shared } from './stubs.ts';

export function streamNameOf(identifier: StreamIdentifier | undefined): string {
  return identifier === undefined ? '' : Buffer.from(identifier.getStreamName_asU8()).toString();
}

/** Whether a stream can have this name: not without one, nor can there be metadata of what has none. */
export function isStreamName(name: string): boolean {
  return name !== '' && name !== '$$';
}

export function streamIdentifier(name: string): StreamIdentifier {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(name));
  return identifier;
}
