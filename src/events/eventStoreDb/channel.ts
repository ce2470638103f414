import grpc from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import gossipRpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import { ChannelCredentials } from './channelCredentials.ts';
import type { ConnectionSettings, Endpoint } from './connectionString.ts';
import { meaningOf } from './failures.ts';
import { contextOf } from './secureContext.ts';
import { reasonOf } from './unreachable.ts';

const { connectivityState: state } = grpc;
const { VNodeState } = gossip.MemberInfo;

/** A node of which one address failed is asked why; it knows at once. */
const WHY_MS = 1_000;

/** An event of the size that the server's own TCP protocol takes, and what a message puts around it. */
const MAX_MESSAGE_BYTES = 17 * 1_048_576;

/** Beyond any use: only what we see may end a connection. */
const NEVER_MS = 2 ** 31 - 1;

/** A node was not reached; the message is the reason, as a phrase. */
export class NotConnected extends Error {}

/** How a node is called, and under which name its certificate is checked. */
export interface Target extends Endpoint {
  /** The name that `host` is an address of. */
  readonly certifiedAs?: string;
}

/** Makes channels to nodes, until a signal is aborted. */
export interface Channels {
  /** Connects. @throws NotConnected */
  connect(target: Target, withinMs: number, signal: AbortSignal): Promise<grpc.Channel>;
  /** Asks a node which of the cluster it takes for the leader. @throws NotConnected; a ServiceError when the user may not ask */
  gossip(target: Target, metadata: grpc.Metadata, signal: AbortSignal): Promise<Gossip>;
  /** The same, over a channel that is there; it stays open. */
  gossipOver(channel: grpc.Channel, metadata: grpc.Metadata): Promise<Gossip>;
}

export interface Gossip {
  readonly leaders: readonly Endpoint[];
  readonly members: readonly Endpoint[];
}

/** @param readTls reads the files that `settings` names again */
export function channelsOf(settings: ConnectionSettings, readTls: () => ConnectionSettings['tls']): Channels {
  const { tls, gossipTimeoutMs } = settings;
  // What it has to say comes as errors; stderr is for lines of our log.
  grpc.setLogVerbosity(grpc.logVerbosity.NONE);
  const contextNow = contextOf(tls, readTls);

  function open({ host, port, certifiedAs }: Target, credentials: ChannelCredentials): grpc.Channel {
    return new grpc.Channel(`${host}:${port}`, credentials, {
      'grpc.keepalive_time_ms': settings.keepAliveIntervalMs ?? NEVER_MS,
      'grpc.keepalive_timeout_ms': settings.keepAliveTimeoutMs,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.client_idle_timeout_ms': NEVER_MS,
      // One channel is one connection: none is shared with another channel, and no call goes on over a second one.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      'grpc.enable_channelz': 0,
      ...(certifiedAs !== undefined && { 'grpc.default_authority': `${certifiedAs}:${port}` }),
    });
  }

  async function connect(target: Target, withinMs: number, signal: AbortSignal): Promise<grpc.Channel> {
    const credentials = new ChannelCredentials(contextNow(), target.certifiedAs ?? target.host.replace(/^\[|\]$/g, ''));
    const channel = open(target, credentials);
    const deadline = Date.now() + withinMs;
    const close = (): void => channel.close();
    signal.addEventListener('abort', close);
    try {
      for (let seen = channel.getConnectivityState(true); seen !== state.READY;) {
        if (signal.aborted) throw new NotConnected('nobody waits for it any more');
        if (seen === state.TRANSIENT_FAILURE) throw new NotConnected(await why(channel, tls !== undefined));
        seen = await nextState(channel, seen, deadline);
      }
      return channel;
    } catch (error) {
      channel.close();
      credentials.abandon();
      throw error;
    } finally {
      signal.removeEventListener('abort', close);
    }
  }

  async function gossipOver(channel: grpc.Channel, metadata: grpc.Metadata): Promise<Gossip> {
    try {
      const members = (await readGossip(channel, metadata, gossipTimeoutMs)).getMembersList();
      const endpoints = members.filter((member) => member.getIsAlive()).flatMap(endpointOf);
      const leaders = members.filter((m) => m.getIsAlive() && m.getState() === VNodeState.LEADER).flatMap(endpointOf);
      return { leaders, members: endpoints };
    } catch (error) {
      if (meaningOf(error) === 'denied') throw error;
      const details = error instanceof Error && 'details' in error ? String(error.details) : String(error);
      throw new NotConnected(reasonOf(details, tls !== undefined), { cause: error });
    }
  }

  return {
    connect,
    gossipOver,
    async gossip(target, metadata, signal) {
      const channel = await connect(target, gossipTimeoutMs, signal);
      try {
        return await gossipOver(channel, metadata);
      } finally {
        channel.close();
      }
    },
  };
}

/** Waits until the channel's state is another one. @throws NotConnected when the deadline passes */
async function nextState(
  channel: grpc.Channel,
  seen: grpc.connectivityState,
  deadline: number,
): Promise<grpc.connectivityState> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  channel.watchConnectivityState(seen, deadline, (late?: Error) => {
    if (late === undefined) resolve(undefined);
    else reject(new NotConnected('it does not answer', { cause: late }));
  });
  await promise;
  return channel.getConnectivityState(false);
}

/** A channel reports why it failed to calls over it only. */
async function why(channel: grpc.Channel, encrypted: boolean): Promise<string> {
  const error: unknown = await readGossip(channel, new grpc.Metadata(), WHY_MS).catch((reason: unknown) => reason);
  return reasonOf(
    error instanceof Error && 'details' in error ? String(error.details) : 'it does not answer',
    encrypted,
  );
}

function readGossip(channel: grpc.Channel, metadata: grpc.Metadata, withinMs: number): Promise<gossip.ClusterInfo> {
  const client = new gossipRpc.GossipClient('', grpc.credentials.createInsecure(), { channelOverride: channel });
  return new Promise((resolve, reject) => {
    client.read(new shared.Empty(), metadata, { deadline: Date.now() + withinMs }, (error, info) => {
      if (error === null) resolve(info);
      else reject(error);
    });
  });
}

function endpointOf(member: gossip.MemberInfo): Endpoint[] {
  const endpoint = member.getHttpEndPoint();
  if (endpoint === undefined) return [];
  const host = endpoint.getAddress();
  return [{ host: host.includes(':') ? `[${host}]` : host, port: endpoint.getPort() }];
}
