import grpc from '@grpc/grpc-js';
import rpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Unavailable } from '../../errors/appError.ts';
import { channelsOf } from './channel.ts';
import type { ConnectionSettings, Endpoint } from './connectionString.ts';
import { createDiscovery } from './discovery.ts';
import { named, Unreachable } from './unreachable.ts';

/** One connection to one node. What is called over it goes over it and over no other. */
export interface Connection {
  readonly number: number;
  readonly streams: InstanceType<typeof rpc.StreamsClient>;
  /** Aborted as soon as it is not to be used any more; calls under way may still end. */
  readonly lost: AbortSignal;
  /** Sent with each call: the user, and that only the leader may answer. */
  metadata(): grpc.Metadata;
}

/** At most one connection at a time. Nothing connects before it is used, and nothing reconnects by itself. */
export interface Connections extends Disposable {
  /** Of the present connection, or of the next one when there is none. Rises as soon as a connection is lost. */
  readonly number: number;
  /** The nodes, as people write them. */
  readonly nodes: string;
  /** Whether the leader of a cluster is looked for, and not one server called. */
  readonly inCluster: boolean;
  /** The present connection, or else a new one. @throws Unreachable; Unavailable `event-store-closed`; a ServiceError */
  open(): Promise<Connection>;
  /** Ends a connection that has shown itself to be of no use. @param leader whom to try first */
  drop(connection: Connection, leader?: Endpoint): void;
}

interface Present {
  readonly connection: Connection;
  readonly channel: grpc.Channel;
  readonly lost: AbortController;
}

/**
 * Makes the connections to an event store; the first one is made when it is needed.
 * @param readTls reads the files that `settings` names again
 */
export function createConnections(settings: ConnectionSettings, readTls: () => ConnectionSettings['tls']): Connections {
  const { user, tls, connectionName, endpoints, discovers } = settings;
  const discovery = createDiscovery(settings, channelsOf(settings, readTls), metadata);
  let number = 0;
  let present: Present | undefined;
  let opening: Promise<Connection> | undefined;
  let hint: Endpoint | undefined;
  let closed = false;

  function metadata(): grpc.Metadata {
    const made = new grpc.Metadata();
    made.set('requires-leader', 'true');
    if (connectionName !== undefined) made.set('connection-name', connectionName);
    // Never in the clear.
    if (user !== undefined && tls !== undefined) {
      made.set('authorization', `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`);
    }
    return made;
  }

  async function connect(): Promise<Connection> {
    const leader = hint;
    hint = undefined;
    const channel = await discovery.connect(leader);
    if (closed) {
      channel.close();
      throw closedError();
    }
    // It would not report a change that was before.
    if (channel.getConnectivityState(false) !== grpc.connectivityState.READY) {
      channel.close();
      throw new Unreachable(`EventStoreDB (${named(endpoints)}) closed the connection at once.`, { answered: true });
    }
    const lost = new AbortController();
    const streams = new rpc.StreamsClient('', grpc.credentials.createInsecure(), { channelOverride: channel });
    const connection: Connection = { number, streams, lost: lost.signal, metadata };
    const mine: Present = { connection, channel, lost };
    present = mine;
    channel.watchConnectivityState(grpc.connectivityState.READY, Infinity, () => {
      lose(mine);
    });
    return connection;
  }

  function lose(mine: Present): void {
    if (present !== mine) return;
    present = undefined;
    number += 1;
    mine.lost.abort();
    // Not within the channel's own report of the change; still before it could have connected anew.
    process.nextTick(() => {
      mine.channel.close();
    });
  }

  return {
    get number() {
      return number;
    },
    nodes: named(endpoints),
    inCluster: discovers,
    async open() {
      if (closed) throw closedError();
      if (present !== undefined) return present.connection;
      opening ??= connect().finally(() => {
        opening = undefined;
      });
      return opening;
    },
    drop(connection, leader) {
      if (present?.connection !== connection) return;
      hint = leader;
      lose(present);
    },
    [Symbol.dispose]() {
      closed = true;
      if (present !== undefined) lose(present);
    },
  };
}

export function closedError(): Unavailable {
  return new Unavailable('event-store-closed', 'The event store is closed.');
}
