import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';
import type * as Grpc from '@grpc/grpc-js';

import { handleAppend } from './appendRpc.ts';
import { handleBatchAppend } from './batchAppendRpc.ts';
import { handleDelete } from './deleteRpc.ts';
import type { Node } from './node.ts';
import { handleRead } from './readRpc.ts';
import { rpcErrors } from './rpcErrors.ts';
import { featuresGrpc, gossipGrpc, streamsGrpc } from './stubs.ts';
import { clusterInfo, supportedMethods } from './unaryRpcs.ts';

/** Answers the calls a node understands. Any other is UNIMPLEMENTED, with the method's name in the message. */
export function addServices(server: Grpc.Server, node: Node): void {
  // Answers to reads are put together as bytes (frames.ts), not as messages.
  const read: Grpc.MethodDefinition<Streams.ReadReq, Buffer> = {
    ...streamsGrpc.StreamsService.read,
    responseSerialize: (bytes) => bytes,
    responseDeserialize: (bytes) => bytes,
  };
  server.addService(
    { ...streamsGrpc.StreamsService, read },
    {
      read: ((call) => void handleRead(node, call)) satisfies Grpc.handleServerStreamingCall<Streams.ReadReq, Buffer>,
      append: append(node),
      batchAppend: batchAppend(node),
      delete: deletion(node, 'soft'),
      tombstone: deletion(node, 'tombstone'),
    },
  );
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods: supportedMethods(node) });
  server.addService(gossipGrpc.GossipService, { read: clusterInfo(node) });
}

function append(node: Node): Grpc.handleClientStreamingCall<Streams.AppendReq, Streams.AppendResp> {
  return (call, reply) => void handleAppend(node, call, reply);
}

function batchAppend(node: Node): Grpc.handleBidiStreamingCall<Streams.BatchAppendReq, Streams.BatchAppendResp> {
  return (call) => {
    if (node.supportsBatchAppend) handleBatchAppend(node, call);
    else call.emit('error', rpcErrors.notModelled('BatchAppend, as it was opened'));
  };
}

function deletion<Request extends Streams.DeleteReq | Streams.TombstoneReq>(
  node: Node,
  how: 'soft' | 'tombstone',
): Grpc.handleUnaryCall<Request, Streams.DeleteResp | Streams.TombstoneResp> {
  return (call, reply) => void handleDelete(node, how, call, reply);
}
