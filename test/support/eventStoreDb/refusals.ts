import type { Refusal } from './faults.ts';
import type { Node } from './node.ts';
import { rpcErrors, type RpcError } from './rpcErrors.ts';

/** The error with which a call ends when a test has a refusal planned for it. */
export function refusalError(node: Node, refusal: Refusal, stream: string): RpcError {
  switch (refusal) {
    case 'access-denied':
      return rpcErrors.accessDenied();
    case 'unauthenticated':
      return rpcErrors.unauthenticated();
    case 'not-leader': {
      const { host, port } = node.membership.leader() ?? { host: '127.0.0.1', port: node.connections.port };
      return rpcErrors.notLeader(host, port);
    }
    case 'no-leader':
      return rpcErrors.noLeader();
    case 'timeout':
      return rpcErrors.timeout();
    case 'too-busy':
      return rpcErrors.tooBusy();
    case 'not-ready':
      return rpcErrors.notReady();
    case 'unavailable':
      return rpcErrors.unavailable();
    case 'stream-deleted':
      return rpcErrors.streamDeleted(stream);
    case 'max-append-size':
      return rpcErrors.maxAppendSize(node.maxAppendSizeBytes);
    case 'unknown':
      return rpcErrors.unknown();
    case 'internal':
      return rpcErrors.internal();
  }
}
