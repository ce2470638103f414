import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendUntilKnown } from '../../src/events/appendOutcome.ts';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { expectNoneLost } from '../contract/eventStoreFaults.ts';
import { follow, newEvents, newStream } from '../contract/eventStoreFixture.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { realServerCommand, type EventStoreServer } from '../support/eventStoreServer.ts';
import type { GatewayProcess } from '../support/gatewayProcess.ts';
import { openClusterWorld, type ClusterWorld } from './clusterWorld.ts';

// What operators do to a cluster, and what befalls it, while gateways and commands use it over TLS. (What its event store
// promises while leaders die: test/events/eventStoreDbElections.test.ts.)

const logger = createLogger('silent');
const NEVER_MS = 3_600_000;
const PATIENCE = { timeout: 120_000 };

const onRealCluster = describe.skipIf(realServerCommand() === undefined);

onRealCluster('with TEST_EVENT_STORE_SERVER, gateways on three nodes over TLS', () => {
  let world: ClusterWorld;
  let gateways: readonly GatewayProcess[];
  beforeAll(async () => {
    world = await openClusterWorld();
    gateways = await Promise.all([world.startGateway(), world.startGateway()]);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const proxyOf = (node: EventStoreServer) => world.cluster.proxies[world.cluster.nodes.indexOf(node)]!;
  const callAll = (apiKey: string) => Promise.all(gateways.map((gateway) => world.call(gateway, apiKey)));

  /** Waits until each gateway takes a change, which it does by itself. */
  async function expectChanges(name: string): Promise<void> {
    for (const [at, gateway] of gateways.entries()) {
      // One whose outcome stayed unknown may have been a success.
      await expect.poll(() => world.register(gateway, `${name}-${at}`), PATIENCE).toBeOneOf([201, 409]);
    }
  }

  test('answer every call during a rolling restart, and take changes again by themselves [ops-cluster-rolling-restart]', async () => {
    const traffic = world.startTraffic(gateways);
    for (const node of world.cluster.nodes) {
      await node.stop();
      await world.cluster.leader();
      await node.start();
      await world.cluster.whole();
      await expectChanges(`restarted-${node.port}`);
    }
    await traffic.end();
    expect([...traffic.answers.keys()]).toEqual([200]);
    for (const gateway of gateways) expect(gateway.isRunning).toBe(true);
  });

  test('go on while the nodes’ certificates are renewed, and their authority, and take the new ones [ops-cluster-certificates]', async () => {
    const { nodes, proxies, certificates } = world.cluster;
    const traffic = world.startTraffic(gateways);
    const reload = async () => {
      for (const node of nodes) expect((await node.http('POST', '/admin/reloadconfig')).status).toBe(200);
    };
    const renew = async () => {
      const before = await Promise.all(nodes.map(shownCertificate));
      await certificates!.renew();
      await reload();
      const old = async () => (await Promise.all(nodes.map(shownCertificate))).filter((each) => before.includes(each));
      await expect.poll(old, PATIENCE).toEqual([]);
      // Connections go on. What connects anew meets the new certificates.
      for (const proxy of proxies) proxy.cut();
    };
    await renew();
    await expectChanges('renewed');
    await certificates!.addAuthority();
    await reload();
    await renew();
    await certificates!.removeOldAuthorities();
    await reload();
    for (const proxy of proxies) proxy.cut();
    await expectChanges('of-another-authority');
    expect(await world.start(['keys', 'list']).ended).toMatchObject({ code: 0, stderr: '' });
    await traffic.end();
    expect([...traffic.answers.keys()]).toEqual([200]);
  });

  test('refuse a key that is reported inactive already, though whoever made it so was killed before it told [ops-cluster-report]', async () => {
    const { db } = world.database;
    const { id, apiKey } = await world.createKey();
    expect(await callAll(apiKey)).toEqual([200, 200]);
    await db.transaction(async (tx) => {
      // The command appends its event, and comes no further.
      await tx.query(sql`lock table withheld_streams in share mode`);
      const command = world.start(['keys', 'inactivate', id]);
      const waiting = () =>
        db.query<{ pid: number | null }>(sql`
          select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
            and query like '%withheld_streams%'`);
      await expect.poll(waiting, PATIENCE).not.toEqual([]);
      // What the gateways follow is cut off without their knowing.
      for (const proxy of world.cluster.proxies) proxy.strand();
      command.child.kill('SIGKILL');
      await command.ended;
    });
    await using stores = await world.openLongLived();
    const report = await stores.keys.inactivate(id, undefined, TEST_CONTEXT);
    expect(report).toMatchObject({ changed: false, unconfirmed: [] });
    expect(await callAll(apiKey)).toEqual([401, 401]);
  });

  test('are followed by subscriptions that leave a node that leads no more, of themselves or once a read was redirected [ops-cluster-former-leader]', async () => {
    const { cluster } = world;
    const former = await cluster.whole();
    await using writer = openSilently(cluster.url);
    await using watching = openSilently(cluster.url);
    // It does not know that there is a leader to look for.
    await using redirected = openSilently(urlOf(former));
    const stream = newStream();
    const end = await writer.end();
    const stores = [watching, redirected];
    await using one = follow(watching, end, stream);
    await using other = follow(redirected, end, stream);
    await appendUntilKnown(writer, stream, 'no-stream', newEvents(1));
    for (const follower of [one, other]) await follower.reaches(1);
    const before = stores.map(({ connection }) => connection);
    // Where the others are slow to vote, it is elected again.
    const hasResigned = async (): Promise<boolean> => {
      await former.http('POST', '/admin/node/resign');
      return (await cluster.leader()).port !== former.port;
    };
    await expect.poll(hasResigned, { ...PATIENCE, interval: 3_000 }).toBe(true);
    await redirected.end();
    for (const [at, store] of stores.entries()) {
      await expect.poll(() => store.connection, PATIENCE).toBeGreaterThan(before[at]!);
    }
    proxyOf(former).freeze();
    await appendUntilKnown(writer, stream, 0, newEvents(1), PATIENCE.timeout);
    for (const follower of [one, other]) await follower.reaches(2);
    proxyOf(former).thaw();
  });

  test('a subscription leaves a node that hangs [ops-cluster-former-leader]', async () => {
    const { cluster } = world;
    await using store = openSilently(cluster.url);
    await using writer = openSilently(cluster.url);
    const stream = newStream();
    await using follower = follow(store, await writer.end(), stream);
    await appendUntilKnown(writer, stream, 'no-stream', newEvents(1));
    await follower.reaches(1);
    const hanging = await cluster.whole();
    hanging.freeze();
    await cluster.leader();
    await appendUntilKnown(writer, stream, 0, newEvents(1), PATIENCE.timeout);
    await follower.reaches(2);
    hanging.thaw();
  });

  test('are found through any node that lives, and not through a single name whose node is gone [ops-cluster-discovery]', async () => {
    const leader = await world.cluster.whole();
    const gone = world.cluster.nodes.find((node) => node !== leader)!;
    await proxyOf(gone).stop();
    const single = { EVENT_STORE_URL: urlOf(gone).replace('esdb:', 'esdb+discover:') };
    const list = ['keys', 'list'];
    const [several, one] = await Promise.all([world.start(list).ended, world.start(list, single).ended]);
    expect(several).toMatchObject({ code: 0, stderr: '' });
    expect(one).toMatchObject({ code: 3, stderr: expect.stringContaining('No node of EventStoreDB') });
    await proxyOf(gone).start();
  });

  test('have a store that loses and repeats nothing while every connection to each node is cut [events-none-lost]', async () => {
    const { url, proxies } = world.cluster;
    const strike = async () => {
      for (const proxy of proxies) proxy.cut();
    };
    await expectNoneLost(
      { open: () => openEventStoreDb({ url, streams: ['contract-'], logger }) },
      { strikes: 5, strike },
    );
  });

  test('reach no node but through the proxies, so that what cuts these cuts them off [ops-cluster-discovery]', async () => {
    const { proxies } = world.cluster;
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    expect(await world.start(['keys', 'list']).ended).toMatchObject({ code: 3 });
    for (const gateway of gateways) expect(await world.register(gateway, 'cut-off')).toBe(503);
    await Promise.all(proxies.map((proxy) => proxy.start()));
    await expectChanges('together-again');
  });

  test('end when they are to, as commands do, though a node never answers their handshake [ops-ends]', async () => {
    const leader = await world.cluster.whole();
    const silent = world.cluster.nodes.find((node) => node !== leader)!;
    silent.freeze();
    const commands = await Promise.all([1, 2, 3].map(() => world.start(['keys', 'list']).ended));
    for (const command of commands) expect(command).toMatchObject({ code: 0, stderr: '' });
    // The gateways look for the leader anew, and so meet the silent node.
    for (const proxy of world.cluster.proxies) proxy.cut();
    await expectChanges('silent');
    for (const gateway of gateways) gateway.kill('SIGTERM');
    expect(await Promise.all(gateways.map(({ exited }) => exited))).toEqual([
      [0, null],
      [0, null],
    ]);
    silent.thaw();
  });

  /** Opens a store that neither by looking for what it misses nor by pings finds out that a connection is of no use. */
  function openSilently(url: string) {
    return openEventStoreDb({ url: `${url}&keepAliveInterval=-1`, streams: ['contract-'], logger, pollMs: NEVER_MS });
  }

  /** A connection string that names this node alone. */
  function urlOf(node: EventStoreServer): string {
    return world.cluster.url.replace(/@[^?]*/, `@${new URL(proxyOf(node).url).host}`);
  }

  /** The fingerprint of the certificate that a node shows to who connects now. */
  async function shownCertificate({ port, caFile }: EventStoreServer): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port, ca: await readFile(caFile!), ALPNProtocols: ['h2'] });
    try {
      await once(socket, 'secureConnect');
      return socket.getPeerCertificate().fingerprint256;
    } finally {
      socket.destroy();
    }
  }
});
