import { createRequire } from 'node:module';

import type * as Code from '@eventstore/db-client/generated/code_pb.js';
import type * as Gossip from '@eventstore/db-client/generated/gossip_pb.js';
import type * as GossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type * as ServerFeatures from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type * as ServerFeaturesGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type * as Shared from '@eventstore/db-client/generated/shared_pb.js';
import type * as Status from '@eventstore/db-client/generated/status_pb.js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';
import type * as StreamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type * as Grpc from '@grpc/grpc-js';
import type * as AnyPb from 'google-protobuf/google/protobuf/any_pb.js';
import type * as EmptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import type * as TimestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';

// Two copies of these stubs clash in one process (google-protobuf registers them globally), and a status of one copy of
// grpc-js means nothing to another. So everything is loaded from where the client itself loads it.
const load = createRequire(createRequire(import.meta.url).resolve('@eventstore/db-client'));
const generated = (name: string): unknown => load(`@eventstore/db-client/generated/${name}.js`);

export const grpc = load('@grpc/grpc-js') as typeof Grpc;
export const shared = generated('shared_pb') as typeof Shared;
export const rpcCode = generated('code_pb') as typeof Code;
export const rpcStatus = generated('status_pb') as typeof Status;
export const streams = generated('streams_pb') as typeof Streams;
export const streamsGrpc = generated('streams_grpc_pb') as typeof StreamsGrpc;
export const gossip = generated('gossip_pb') as typeof Gossip;
export const gossipGrpc = generated('gossip_grpc_pb') as typeof GossipGrpc;
export const features = generated('serverfeatures_pb') as typeof ServerFeatures;
export const featuresGrpc = generated('serverfeatures_grpc_pb') as typeof ServerFeaturesGrpc;
export const { Any } = load('google-protobuf/google/protobuf/any_pb.js') as typeof AnyPb;
/** `google.protobuf.Empty`; the services' own is `shared.Empty`. */
export const { Empty } = load('google-protobuf/google/protobuf/empty_pb.js') as typeof EmptyPb;
export const { Timestamp } = load('google-protobuf/google/protobuf/timestamp_pb.js') as typeof TimestampPb;
