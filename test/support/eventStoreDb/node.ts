import type { Metadata } from '@grpc/grpc-js';

import type { Credentials } from './credentials.ts';
import type { Connections } from './connections.ts';
import type { Faults, RpcKind } from './faults.ts';
import type { History } from './history.ts';
import { rpcErrors } from './rpcErrors.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A node's part in its cluster. Without a leader nobody writes. */
export type Role = 'leader' | 'follower' | 'read-only-replica' | 'leaderless';

export interface Member extends Endpoint {
  readonly id: string;
  readonly role: Role;
  readonly isAlive: boolean;
}

/** The cluster as a node sees it; a single node is a cluster of itself. */
export interface Membership {
  role(): Role;
  leader(): Endpoint | undefined;
  members(): readonly Member[];
}

/** What the handlers of all calls share. */
export interface Node {
  readonly history: History;
  readonly faults: Faults;
  readonly connections: Connections;
  readonly credentials: Credentials;
  readonly membership: Membership;
  readonly maxAppendSizeBytes: number;
  readonly maxAppendEventSizeBytes: number;
  readonly supportsBatchAppend: boolean;
  readonly version: string;
  /** Counts calls as they come. */
  readonly calls: Record<RpcKind, number>;
  eventsSent: number;
}

export function requiresLeader(metadata: Metadata): boolean {
  return String(metadata.get('requires-leader')[0]).toLowerCase() === 'true';
}

/** @throws RpcError when this node may not serve a read that requires the leader */
export function assertMayRead({ membership }: Node, needsLeader: boolean): void {
  if (!needsLeader || membership.role() === 'leader') return;
  const leader = membership.leader();
  throw leader === undefined ? rpcErrors.notReady() : rpcErrors.notLeader(leader.host, leader.port);
}

/**
 * Says why this node may not write, if so. A follower passes a write on to the leader unless the client insists on the
 * leader itself.
 */
export function refusalToWrite({ membership }: Node, needsLeader: boolean): 'not-leader' | 'not-ready' | undefined {
  const role = membership.role();
  if (role === 'leader') return undefined;
  if (membership.leader() === undefined) return 'not-ready';
  return needsLeader || role === 'read-only-replica' ? 'not-leader' : undefined;
}
