import { randomUUID } from 'node:crypto';

import { Connections } from './connections.ts';
import { Credentials, type User } from './credentials.ts';
import { Faults, type RpcKind } from './faults.ts';
import { History } from './history.ts';
import type { Membership, Node } from './node.ts';
import { addServices } from './services.ts';
import { grpc } from './stubs.ts';
import { withTraffic } from './systemTraffic.ts';
import { insecureTransport, tlsTransport } from './transport.ts';

/** Users of a new real server. */
export const DEFAULT_USERS: Readonly<Record<string, User>> = {
  admin: { password: 'changeit', isAdmin: true },
  ops: { password: 'changeit', isAdmin: false },
};

export interface WireServerOptions {
  /** What it starts with. (Default: nothing) */
  readonly history?: History;
  /** (Default: any that is free) */
  readonly port?: number;
  /** Speaks TLS, with a certificate of its own, and asks for a user. (Default: neither) */
  readonly tls?: boolean;
  /** By name; only TLS asks for them. (Default: DEFAULT_USERS) */
  readonly users?: Readonly<Record<string, User>>;
  /** Writes foreign events into the history: at first, and so many after each append. (Default: none; true: 3) */
  readonly systemTraffic?: boolean | number;
  /** (Default: 1 MiB, as a real server's) */
  readonly maxAppendSizeBytes?: number;
  /** What one event may measure. (Default: 2 GiB, as a real server's) */
  readonly maxAppendEventSizeBytes?: number;
  /** Without it clients append one call at a time. (Default: true) */
  readonly supportsBatchAppend?: boolean;
  /** The version it claims to be. (Default: 24.10.0) */
  readonly version?: string;
  /** Its place in a cluster. (Default: alone, the leader) */
  readonly membership?: Membership;
}

/** A server that speaks EventStoreDB's protocol. */
export interface WireServer extends AsyncDisposable {
  /** A connection string; over TLS it names the first user. */
  readonly url: string;
  readonly port: number;
  /** The file that holds its certificate, over TLS. */
  readonly caFile: string | undefined;
  readonly history: History;
  readonly faults: Faults;
  /** How many calls of each kind have come. An append that came with others in one call counts by itself. */
  readonly calls: Readonly<Record<RpcKind, number>>;
  /** How many connections are open. */
  readonly connections: number;
  /** How many events it has handed to the network for all reads and subscriptions: what their pace is seen by. */
  readonly eventsSent: number;
  readonly isRunning: boolean;
  /** Answers a connection string for a user, or for nobody. */
  urlAs(user?: { name: string; password: string }): string;
  /** Ends as a server does that is told to: it says goodbye (GOAWAY), then cuts what is left. */
  stop(): Promise<void>;
  /** Dies at once, without a word. What it has stored stays. */
  crash(): Promise<void>;
  /** Comes back on the same port with the same history. */
  start(): Promise<void>;
  /** Asks its clients to go elsewhere (GOAWAY), lets their calls end within the grace time, and goes on. (Default: 5_000) */
  goAway(graceMs?: number): void;
  /** Cuts all connections, and goes on. */
  cut(): void;
}

/** Starts a server on 127.0.0.1. */
export async function openWireServer(options: WireServerOptions = {}): Promise<WireServer> {
  const history = options.history ?? new History();
  if (options.systemTraffic !== undefined && options.systemTraffic !== false) {
    withTraffic(history, options.systemTraffic === true ? undefined : options.systemTraffic);
  }
  const faults = new Faults();
  const calls = { append: 0, read: 0, subscribe: 0, delete: 0, features: 0, gossip: 0 };
  const users = options.tls === true ? (options.users ?? DEFAULT_USERS) : undefined;
  const transport = options.tls === true ? tlsTransport() : insecureTransport();
  // A record at its largest, and what a message puts around it.
  const server = new grpc.Server({
    'grpc.max_receive_message_length': 17 * 1024 * 1024,
    // A real server's defaults, too.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  const connections = new Connections(server, transport.serverCredentials);
  const node: Node = {
    history,
    faults,
    connections,
    credentials: new Credentials(users),
    membership: options.membership ?? alone(connections),
    maxAppendSizeBytes: options.maxAppendSizeBytes ?? 1024 * 1024,
    maxAppendEventSizeBytes: options.maxAppendEventSizeBytes ?? 2 ** 31 - 1,
    supportsBatchAppend: options.supportsBatchAppend ?? true,
    version: options.version ?? '24.10.0',
    calls,
    eventsSent: 0,
  };
  addServices(server, node);
  await connections.listen(options.port ?? 0);

  async function end(endConnections: () => void): Promise<void> {
    connections.refuse();
    const closed = connections.closed();
    endConnections();
    await closed;
    // Only a leader knows ids without being told a revision, and it begins with none.
    if (node.membership.role() === 'leader') history.forgetIds();
  }

  function urlAs(user?: { name: string; password: string }): string {
    const login = user && `${encodeURIComponent(user.name)}:${encodeURIComponent(user.password)}@`;
    return `esdb://${login ?? ''}127.0.0.1:${connections.port}?${transport.query}`;
  }

  const [firstUser] = Object.entries(users ?? {}).map(([name, { password }]) => ({ name, password }));
  return {
    url: urlAs(firstUser),
    port: connections.port,
    caFile: transport.caFile,
    history,
    faults,
    calls,
    get connections() {
      return connections.count;
    },
    get eventsSent() {
      return node.eventsSent;
    },
    get isRunning() {
      return connections.isListening;
    },
    urlAs,
    stop: () => end(() => connections.drain(0)),
    crash: () => end(() => connections.cutAll()),
    start: () => connections.listen(),
    goAway: (graceMs = 5_000) => connections.drain(graceMs),
    cut: () => connections.cutAll(),
    async [Symbol.asyncDispose]() {
      await end(() => connections.cutAll());
      server.forceShutdown();
      transport[Symbol.dispose]();
    },
  };
}

function alone(connections: Connections): Membership {
  const id = randomUUID();
  return {
    role: () => 'leader',
    leader: () => ({ host: '127.0.0.1', port: connections.port }),
    members: () => [{ id, host: '127.0.0.1', port: connections.port, role: 'leader', isAlive: true }],
  };
}
