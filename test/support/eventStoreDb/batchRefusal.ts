import type { Status } from '@eventstore/db-client/generated/status_pb.js';

import { batchStatus } from './batchStatus.ts';
import type { Refusal } from './faults.ts';
import type { Node } from './node.ts';
import { refusalError } from './refusals.ts';
import type { RpcError } from './rpcErrors.ts';

/** How one append among many is refused. An error in place of a status ends the whole call, with all its appends. */
export function batchRefusal(node: Node, refusal: Refusal, stream: string): Status | RpcError {
  switch (refusal) {
    case 'access-denied':
      return batchStatus.accessDenied();
    case 'no-leader':
      return batchStatus.notHandled('No leader info available in response');
    case 'timeout':
      return batchStatus.timeout();
    case 'too-busy':
      return batchStatus.notHandled('Server Is Busy');
    case 'not-ready':
      return batchStatus.notHandled('Server Is Not Ready');
    case 'stream-deleted':
      return batchStatus.streamDeleted(stream);
    case 'max-append-size':
      return batchStatus.maxAppendSize(node.maxAppendSizeBytes);
    case 'unknown':
      return batchStatus.unknown();
    case 'internal':
      return batchStatus.internal('Internal error');
    case 'not-leader':
    case 'unauthenticated':
    case 'unavailable':
      return refusalError(node, refusal, stream);
  }
}
