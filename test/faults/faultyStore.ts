import { startEventStoreCluster } from '../support/eventStoreCluster.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';
import { realServerCommand, startEventStoreServer } from '../support/eventStoreServer.ts';
import type { Snapshot } from '../support/eventStoreServer/snapshot.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { between } from './between.ts';

/** Something that goes wrong for a while, by name. `during` is what happens before it is over. */
export interface Disturbance {
  readonly name: string;
  readonly run: (during: () => Promise<void>) => Promise<void>;
}

/** An EventStoreDB that fails on demand. */
export interface FaultyStore extends AsyncDisposable {
  /** What the installation uses. */
  readonly url: string;
  /** What operators and strangers use: nothing is cut there. */
  readonly operatorUrl: string;
  readonly disturbances: readonly Disturbance[];
  /** It is there for its disturbances. */
  readonly isOnlyDisturbed: boolean;
  /** Undefined where there is no disk. */
  readonly takeSnapshot: (() => Promise<Snapshot>) | undefined;
  readonly scavenge: (() => Promise<void>) | undefined;
  /** Has tombstones go, as docs/operating.md tells operators. Undefined where that can't be done. */
  readonly removeTombstones: (() => Promise<void>) | undefined;
}

/** A network between the installation and its store that can be cut. */
function cuts(proxy: TcpProxy): Disturbance[] {
  return [
    { name: 'connections are cut', run: async (during) => (proxy.cut(), during()) },
    { name: 'connections hang for good', run: async (during) => (proxy.strand(), during()) },
    {
      name: 'the store can’t be reached',
      run: (during) =>
        between(
          () => proxy.stop(),
          during,
          () => proxy.start(),
        ),
    },
    {
      name: 'answers of the store are held back',
      run: (during) =>
        between(
          async () => proxy.mute(),
          during,
          async () => proxy.thaw(),
        ),
    },
  ];
}

/** A real server on disk, or the wire server where there is none. */
export async function openFaultyStore(): Promise<FaultyStore> {
  return realServerCommand() === undefined ? openWireStore() : openRealStore();
}

async function openRealStore(): Promise<FaultyStore> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await startEventStoreServer({ storage: 'disk' }));
  const proxy = opened.use(await openTcpProxy(server.url));
  const closing = opened.move();
  return {
    url: proxy.url,
    operatorUrl: server.url,
    disturbances: [
      ...cuts(proxy),
      {
        name: 'the store is killed',
        run: (during) =>
          between(
            () => server.kill(),
            during,
            () => server.start(),
          ),
      },
      {
        name: 'the store is restarted',
        run: (during) =>
          between(
            () => server.stop(),
            during,
            () => server.start(),
          ),
      },
      {
        name: 'the store hangs',
        run: (during) =>
          between(
            async () => server.freeze(),
            during,
            async () => server.thaw(),
          ),
      },
    ],
    isOnlyDisturbed: false,
    takeSnapshot: () => server.snapshot(),
    scavenge: () => server.scavenge(),
    async removeTombstones() {
      await server.stop();
      await server.start('--unsafe-ignore-hard-delete');
      await server.scavenge();
      await server.stop();
      await server.start();
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function openWireStore(): Promise<FaultyStore> {
  await using opened = new AsyncDisposableStack();
  const server = opened.use(await openWireServer({ systemTraffic: true }));
  const proxy = opened.use(await openTcpProxy(server.url));
  const closing = opened.move();
  return {
    url: proxy.url,
    operatorUrl: server.url,
    disturbances: [
      ...cuts(proxy),
      {
        name: 'the store dies',
        run: (during) =>
          between(
            () => server.crash(),
            during,
            () => server.start(),
          ),
      },
      {
        name: 'the store is restarted',
        run: (during) =>
          between(
            () => server.stop(),
            during,
            () => server.start(),
          ),
      },
    ],
    isOnlyDisturbed: false,
    takeSnapshot: undefined,
    scavenge: undefined,
    removeTombstones: undefined,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Three real nodes. */
export async function openFaultyCluster(): Promise<FaultyStore> {
  const cluster = await startEventStoreCluster();
  const { nodes, url } = cluster;
  return {
    url,
    operatorUrl: url,
    disturbances: [
      {
        name: 'the leader is killed',
        async run(during) {
          const leader = await cluster.leader();
          await between(
            () => leader.kill(),
            during,
            () => leader.start(),
          );
          await cluster.leader();
        },
      },
      {
        name: 'the leader hangs',
        async run(during) {
          const leader = await cluster.leader();
          await between(
            async () => leader.freeze(),
            during,
            async () => leader.thaw(),
          );
          await cluster.leader();
        },
      },
      {
        name: 'the quorum is lost',
        async run(during) {
          const leader = await cluster.leader();
          const [other] = nodes.filter((node) => node !== leader);
          const lost = [leader, other!];
          await between(
            () => Promise.all(lost.map((node) => node.kill())),
            during,
            () => Promise.all(lost.map((node) => node.start())),
          );
          await cluster.leader();
        },
      },
    ],
    isOnlyDisturbed: false,
    takeSnapshot: undefined,
    scavenge: undefined,
    removeTombstones: undefined,
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
