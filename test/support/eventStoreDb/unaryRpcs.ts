import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';

import type { RpcKind } from './faults.ts';
import type { Node, Role } from './node.ts';
import { perform } from './perform.ts';
import { refusalError } from './refusals.ts';
import type { RpcError } from './rpcErrors.ts';
import { features, gossip, shared } from './stubs.ts';

// Features of a method are what newer clients look for; names come in lower case.
const STREAMS = 'event_store.client.streams.streams';
const METHODS: readonly [service: string, method: string, ...features: string[]][] = [
  [STREAMS, 'read', 'position', 'events'],
  [STREAMS, 'append'],
  [STREAMS, 'delete'],
  [STREAMS, 'tombstone'],
  [STREAMS, 'batchappend', 'deadline_duration'],
  ['event_store.client.gossip.gossip', 'read'],
  ['event_store.client.server_features.serverfeatures', 'getsupportedmethods'],
];

type Unary<Response> = (call: ServerUnaryCall<Empty, Response>, reply: sendUnaryData<Response>) => void;

function unary<Response>(node: Node, kind: RpcKind, answer: () => Response): Unary<Response> {
  return (call, reply) => {
    node.calls[kind]++;
    try {
      node.credentials.authenticate(call.metadata);
    } catch (error) {
      reply(error as RpcError);
      return;
    }
    void perform(node, call, node.faults.take(kind), {
      apply: answer,
      answer: (response) => reply(null, response),
      refuse: (refusal) => reply(refusalError(node, refusal, '')),
    });
  };
}

/** Handles ServerFeatures.GetSupportedMethods. */
export function supportedMethods(node: Node): Unary<SupportedMethods> {
  return unary(node, 'features', () => {
    const supported = new features.SupportedMethods();
    supported.setEventStoreServerVersion(node.version);
    for (const [service, name, ...itsFeatures] of METHODS) {
      if (name === 'batchappend' && !node.supportsBatchAppend) continue;
      const method = new features.SupportedMethod();
      method.setServiceName(service);
      method.setMethodName(name);
      method.setFeaturesList(itsFeatures);
      supported.addMethods(method);
    }
    return supported;
  });
}

/** Handles Gossip.Read. */
export function clusterInfo(node: Node): Unary<ClusterInfo> {
  const { VNodeState } = gossip.MemberInfo;
  const states: Record<Role, (typeof VNodeState)[keyof typeof VNodeState]> = {
    leader: VNodeState.LEADER,
    follower: VNodeState.FOLLOWER,
    'read-only-replica': VNodeState.READONLYREPLICA,
    leaderless: VNodeState.UNKNOWN,
  };
  return unary(node, 'gossip', () => {
    const info = new gossip.ClusterInfo();
    for (const member of node.membership.members()) {
      const id = new shared.UUID();
      id.setString(member.id);
      const endpoint = new gossip.EndPoint();
      endpoint.setAddress(member.host);
      endpoint.setPort(member.port);
      const entry = new gossip.MemberInfo();
      entry.setInstanceId(id);
      entry.setTimeStamp(String(BigInt(Date.now()) * 10_000n));
      entry.setState(states[member.role]);
      entry.setIsAlive(member.isAlive);
      entry.setHttpEndPoint(endpoint);
      info.addMembers(entry);
    }
    return info;
  });
}
