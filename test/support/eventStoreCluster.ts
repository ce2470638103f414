import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { newFolder, prepareEventStoreServer, type EventStoreServer } from './eventStoreServer.ts';
import { makeCertificates, type Certificates } from './eventStoreServer/certificates.ts';
import { freePorts } from './eventStoreServer/freePorts.ts';
import { openTcpProxy, type TcpProxy } from './tcpProxy.ts';

/** Three nodes on disk, each to be killed, frozen and started again. */
export interface EventStoreCluster extends AsyncDisposable {
  readonly nodes: readonly EventStoreServer[];
  /** A connection string that names all nodes. */
  readonly url: string;
  /** What clients reach each node by, in the order of `nodes`: none but that is named to them. Empty unless `proxied`. */
  readonly proxies: readonly TcpProxy[];
  /** The authority of the nodes' certificates, and their making; over TLS only. */
  readonly certificates: Certificates | undefined;
  /** Waits until all nodes that answer agree on a leader. */
  leader(): Promise<EventStoreServer>;
  /** The same, and until two others follow it. */
  whole(): Promise<EventStoreServer>;
}

const gossip = z.object({
  members: z.array(z.object({ state: z.string(), isAlive: z.boolean(), httpEndPointPort: z.number() })),
});

export interface EventStoreClusterOptions {
  /** (Default: false) */
  readonly tls?: boolean;
  /** Puts a proxy in front of each node, and has the nodes name these to clients. (Default: false) */
  readonly proxied?: boolean;
  readonly extra?: readonly string[];
}

/** Starts a cluster and waits until it has a leader and two followers. */
export async function startEventStoreCluster(options: EventStoreClusterOptions = {}): Promise<EventStoreCluster> {
  await using opened = new AsyncDisposableStack();
  const shared = await newFolder();
  opened.defer(() => rm(shared, { recursive: true, force: true }));
  const certificates = options.tls === true ? await makeCertificates(join(shared, 'certificates')) : undefined;
  const ports = await freePorts(6);
  const clientPorts = ports.slice(0, 3);
  const nodes: EventStoreServer[] = [];
  const proxies: TcpProxy[] = [];
  // Otherwise clients would go past the proxies to the leader that is named to them.
  if (options.proxied === true) {
    for (const port of clientPorts) proxies.push(opened.use(await openTcpProxy(`tcp://127.0.0.1:${port}`)));
  }
  const namedPorts = options.proxied === true ? proxies.map(({ url }) => Number(new URL(url).port)) : clientPorts;
  for (const [index, port] of clientPorts.entries()) {
    const others = clientPorts.filter((other) => other !== port).map((other) => `127.0.0.1:${other}`);
    const node = prepareEventStoreServer({
      storage: 'disk',
      folder: await newFolder(),
      ports: [port, ports[index + 3]!],
      certificates,
      extra: [
        ...['--cluster-size=3', '--discover-via-dns=false', `--gossip-seed=${others.join(',')}`],
        `--advertise-node-port-to-client-as=${namedPorts[index]}`,
        ...(options.extra ?? []),
      ],
      // It can't be more than alive before the others are there.
      isReady: async (http) => (await http('GET', '/gossip', undefined, 5_000)).status === 200,
    });
    nodes.push(opened.use(node));
  }
  // On a busy machine more than one is elected at first, and a node that must forget what the first one wrote may end with
  // an error ("Cannot write checkpoint since it has been truncated"): whoever runs a cluster starts it again.
  await Promise.all(nodes.map((node) => node.start().catch(() => node.start())));

  /** What each node that answers knows of all. */
  async function views(): Promise<{ node: EventStoreServer; leaders: number[]; followers: number }[]> {
    const answers = nodes.map(async (node) => {
      const answer = await node.http('GET', '/gossip', undefined, 1_000);
      const alive = gossip.parse(answer.json()).members.filter(({ isAlive }) => isAlive);
      const leaders = alive.filter(({ state }) => state === 'Leader').map(({ httpEndPointPort }) => httpEndPointPort);
      return { node, leaders, followers: alive.filter(({ state }) => state === 'Follower').length };
    });
    const settled = await Promise.allSettled(answers);
    return settled.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  }

  /** A node that is dead or hangs answers nothing, and goes on being named by others for a while. */
  async function leader(followers = 1): Promise<EventStoreServer> {
    for (;;) {
      const seen = await views();
      const found = seen
        .map(({ node }) => node)
        .find((node) => seen.every(({ leaders }) => leaders.join() === String(namedPorts[nodes.indexOf(node)])));
      const hasQuorum = seen.every((view) => view.followers >= followers);
      if (found !== undefined && hasQuorum) return found;
      // Each asking is three new connections, over TLS three handshakes.
      await delay(250);
    }
  }

  await leader(2);
  const closing = opened.move();
  const hosts = namedPorts.map((port) => `127.0.0.1:${port}`).join(',');
  return {
    nodes,
    proxies,
    certificates,
    url:
      certificates === undefined
        ? `esdb://${hosts}?tls=false`
        : `esdb://admin:changeit@${hosts}?tls=true&tlsCAFile=${encodeURIComponent(certificates.caFile)}`,
    leader: () => leader(),
    whole: () => leader(2),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
