import { randomUUID } from 'node:crypto';

import { History } from './history.ts';
import type { Membership, Role } from './node.ts';
import { openWireServer, type WireServer, type WireServerOptions } from './wireServer.ts';

export interface WireClusterOptions extends Omit<WireServerOptions, 'port' | 'membership' | 'tls'> {
  /** (Default: 3) */
  readonly nodes?: number;
  /** Nodes besides that only answer reads. (Default: 0) */
  readonly readOnlyReplicas?: number;
}

/** Nodes over one history: what is written through one can be read from all, at once. */
export interface WireCluster extends AsyncDisposable {
  readonly nodes: readonly WireServer[];
  readonly history: History;
  /** A connection string that names all nodes. */
  readonly url: string;
  /** A connection string that names one node, from which to learn the others. (Default: the first) */
  discoverUrl(seed?: WireServer): string;
  readonly leader: WireServer | undefined;
  readonly followers: readonly WireServer[];
  /** Makes a node the leader. (Default: the next one that runs) */
  changeLeader(to?: WireServer): WireServer;
  /** Leaves the cluster without a leader, as during an election. */
  loseLeader(): void;
}

/** Starts a cluster whose first node leads. When the leader dies there is none until `changeLeader`. */
export async function openWireCluster(options: WireClusterOptions = {}): Promise<WireCluster> {
  const history = options.history ?? new History();
  const { nodes: voters = 3, readOnlyReplicas = 0, systemTraffic } = options;
  const nodes: WireServer[] = [];
  const ids = Array.from({ length: voters + readOnlyReplicas }, () => randomUUID());
  let leader: WireServer | undefined;

  function roleOf(index: number): Role {
    if (index >= voters) return 'read-only-replica';
    if (currentLeader() === undefined) return 'leaderless';
    return nodes[index] === leader ? 'leader' : 'follower';
  }

  const currentLeader = (): WireServer | undefined => (leader?.isRunning === true ? leader : undefined);
  const membership = (index: number): Membership => ({
    role: () => roleOf(index),
    leader: () => currentLeader() && { host: '127.0.0.1', port: currentLeader()!.port },
    members: () =>
      nodes.map((node, at) => {
        return { id: ids[at]!, host: '127.0.0.1', port: node.port, role: roleOf(at), isAlive: node.isRunning };
      }),
  });

  for (const [index] of ids.entries()) {
    // One node's traffic is enough: they share the history.
    const traffic = index === 0 && systemTraffic !== undefined ? { systemTraffic } : { systemTraffic: false };
    nodes.push(await openWireServer({ ...options, ...traffic, history, membership: membership(index) }));
  }
  leader = nodes[0];

  return {
    nodes,
    history,
    url: `esdb://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}?tls=false`,
    discoverUrl: (seed = nodes[0]!) => `esdb+discover://127.0.0.1:${seed.port}?tls=false`,
    get leader() {
      return currentLeader();
    },
    get followers() {
      return nodes.slice(0, voters).filter((node) => node !== currentLeader() && node.isRunning);
    },
    changeLeader(to) {
      const next = to ?? nodes.slice(0, voters).find((node) => node.isRunning && node !== leader);
      if (next === undefined) throw new Error('no node is left to lead');
      leader = next;
      history.forgetIds();
      return next;
    },
    loseLeader() {
      leader = undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]();
    },
  };
}
