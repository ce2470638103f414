import { randomUUID } from 'node:crypto';

import { Connections } from './connections.ts';
import { Credentials, type User } from './credentials.ts';
import { Faults, type RpcKind } from './faults.ts';
import { History } from './history.ts';
import type { Membership, Node } from './node.ts';
import { addServices } from './services.ts';
import { grpc } from './stubs.ts';

export interface WireServerOptions {
  /** What it starts with. (Default: nothing) */
  readonly history?: History;
  /** (Default: any that is free) */
  readonly port?: number;
  /** (Default: 1 MiB, as a real server's) */
  readonly maxAppendSizeBytes?: number;
  /** Without it clients append one call at a time. (Default: true) */
  readonly supportsBatchAppend?: boolean;
  /** The version it claims to be. (Default: 24.10.0) */
  readonly version?: string;
  /** Its place in a cluster. (Default: alone, the leader) */
  readonly membership?: Membership;
}

/** A server that speaks EventStoreDB's protocol. */
export interface WireServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly history: History;
  readonly faults: Faults;
  /** How many calls of each kind have come. An append that came with others in one call counts by itself. */
  readonly calls: Readonly<Record<RpcKind, number>>;
  /** How many connections are open. */
  readonly connections: number;
  readonly isRunning: boolean;
  /** Ends as a server does that is told to: it says goodbye (GOAWAY), then cuts what is left. */
  stop(): Promise<void>;
  /** Dies at once, without a word. What it has stored stays. */
  crash(): Promise<void>;
  /** Comes back on the same port with the same history. */
  start(): Promise<void>;
  /** Asks its clients to go elsewhere (GOAWAY), lets their calls end within the grace time, and goes on. */
  goAway(graceMs?: number): void;
  /** Cuts all connections, and goes on. */
  cut(): void;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function openWireServer(options: WireServerOptions = {}): Promise<WireServer> {
  const history = options.history ?? new History();
  const faults = new Faults();
  const calls = { append: 0, read: 0, subscribe: 0, delete: 0, features: 0, gossip: 0 };
  const users: Record<string, User> | undefined = undefined;
  const id = randomUUID();

  // As a real server's: one record, plus its message.
  const server = new grpc.Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
  const connections = new Connections(server, grpc.ServerCredentials.createInsecure());
  const alone: Membership = {
    role: () => 'leader',
    leader: () => ({ host: '127.0.0.1', port: connections.port }),
    members: () => [{ id, host: '127.0.0.1', port: connections.port, role: 'leader', isAlive: true }],
  };
  const node: Node = {
    history,
    faults,
    connections,
    credentials: new Credentials(users),
    membership: options.membership ?? alone,
    maxAppendSizeBytes: options.maxAppendSizeBytes ?? 1024 * 1024,
    supportsBatchAppend: options.supportsBatchAppend ?? true,
    version: options.version ?? '24.10.0',
    calls,
  };
  addServices(server, node);
  await connections.listen(options.port ?? 0);

  async function crash(): Promise<void> {
    const refused = connections.refuse();
    connections.cutAll();
    await refused;
    forgetIds();
  }

  /** Only the leader knows ids without looking at revisions, and a new one begins with none. */
  function forgetIds(): void {
    if (node.membership.role() === 'leader') history.forgetIds();
  }

  return {
    url: `esdb://127.0.0.1:${connections.port}?tls=false`,
    port: connections.port,
    history,
    faults,
    calls,
    get connections() {
      return connections.count;
    },
    get isRunning() {
      return connections.isListening;
    },
    async stop() {
      const refused = connections.refuse();
      connections.drain(0);
      await refused;
      forgetIds();
    },
    crash,
    start: () => connections.listen(),
    goAway: (graceMs = 5_000) => connections.drain(graceMs),
    cut: () => connections.cutAll(),
    async [Symbol.asyncDispose]() {
      await crash();
      server.forceShutdown();
    },
  };
}
