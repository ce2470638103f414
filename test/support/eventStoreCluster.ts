import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { newFolder, prepareEventStoreServer, type EventStoreServer } from './eventStoreServer.ts';
import { makeCertificates } from './eventStoreServer/certificates.ts';
import { freePorts } from './eventStoreServer/freePorts.ts';

/** Three nodes on disk, each to be killed, frozen and started again. */
export interface EventStoreCluster extends AsyncDisposable {
  readonly nodes: readonly EventStoreServer[];
  /** A connection string that names all nodes. */
  readonly url: string;
  /** Waits until all nodes that answer agree on a leader. */
  leader(): Promise<EventStoreServer>;
}

const gossip = z.object({
  members: z.array(z.object({ state: z.string(), isAlive: z.boolean(), httpEndPointPort: z.number() })),
});

/** Starts a cluster and waits until it has a leader and two followers. */
export async function startEventStoreCluster(options: { tls?: boolean; extra?: readonly string[] } = {}) {
  await using opened = new AsyncDisposableStack();
  const shared = await newFolder();
  opened.defer(() => rm(shared, { recursive: true, force: true }));
  const certificates = options.tls === true ? await makeCertificates(join(shared, 'certificates')) : undefined;
  const ports = await freePorts(6);
  const clientPorts = ports.slice(0, 3);
  const nodes: EventStoreServer[] = [];
  for (const [index, port] of clientPorts.entries()) {
    const others = clientPorts.filter((other) => other !== port).map((other) => `127.0.0.1:${other}`);
    const node = prepareEventStoreServer({
      storage: 'disk',
      folder: await newFolder(),
      ports: [port, ports[index + 3]!],
      certificates,
      extra: [
        ...['--cluster-size=3', '--discover-via-dns=false', `--gossip-seed=${others.join(',')}`],
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
        .find(({ port }) => seen.every(({ leaders }) => leaders.join() === String(port)));
      const hasQuorum = seen.every((view) => view.followers >= followers);
      if (found !== undefined && hasQuorum) return found;
      // Each asking is three new connections, over TLS three handshakes.
      await delay(250);
    }
  }

  await leader(2);
  const closing = opened.move();
  const hosts = clientPorts.map((port) => `127.0.0.1:${port}`).join(',');
  return {
    nodes,
    url:
      certificates === undefined
        ? `esdb://${hosts}?tls=false`
        : `esdb://admin:changeit@${hosts}?tls=true&tlsCAFile=${encodeURIComponent(certificates.caFile)}`,
    leader: () => leader(),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  } satisfies EventStoreCluster;
}
