import { describe, expect, test } from 'vitest';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { collect, newEvents, newStream } from '../contract/eventStoreFixture.ts';
import { openWireCluster } from '../support/eventStoreDb/wireCluster.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';

const logger = createLogger('silent');
const streams = ['contract-'];

describe('a connection', () => {
  test('is one, however many call at the same time, and another after each loss', async () => {
    await using server = await openWireServer();
    await using store = openEventStoreDb({ url: server.url, streams, logger });
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 20 }, () => store.end()));
      expect([server.connections, store.connection]).toEqual([1, round]);
      server.cut();
      await expect.poll(() => store.connection).toBe(round + 1);
      // Nothing connects before it is used.
      expect(server.connections).toBe(0);
    }
  });

  test('is another one after the server has asked its clients to go elsewhere', async () => {
    await using server = await openWireServer();
    await using store = openEventStoreDb({ url: server.url, streams, logger });
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(1));
    const { connection } = store;
    server.faults.next('append', { fault: 'delay', ms: 300 });
    // What was sent before may still end over the old connection, and counts.
    const slow = store.append(stream, 0, newEvents(1), { over: connection });
    await expect.poll(() => server.calls.append).toBe(2);
    server.goAway(5_000);
    await expect.poll(() => store.connection).toBe(connection + 1);
    await expect(store.append(stream, 1, newEvents(1), { over: connection })).rejects.toMatchObject({
      code: 'connection-changed',
    });
    expect(await slow).toMatchObject({ revision: 1 });
    expect(server.calls.append).toBe(2);
  });

  test('is given up by a call that is not answered in time', async () => {
    await using server = await openWireServer();
    await using store = openEventStoreDb({ url: server.url, streams, logger, readDeadlineMs: 100 });
    await store.end();
    server.faults.next('read', { fault: 'hang', when: 'before' }, 2);
    await store.end();
    expect(store.connection).toBe(2);
    server.faults.release();
  });

  test('is given up when its server names another leader, and the named one is called', async () => {
    await using cluster = await openWireCluster();
    // One node is named, and it is not asked who leads: it says so when it is called.
    const follower = cluster.nodes.find((node) => node !== cluster.leader)!;
    await using store = openEventStoreDb({ url: follower.url, streams, logger });
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(1));
    expect(store.connection).toBe(1);
    await store.append(stream, 0, newEvents(1), { over: 1 });
  });

  test('goes back to the server named when the leader that it named is gone', async () => {
    await using cluster = await openWireCluster();
    const follower = cluster.nodes.find((node) => node !== cluster.leader)!;
    await using store = openEventStoreDb({ url: follower.url, streams, logger });
    await store.append(newStream(), 'no-stream', newEvents(1));
    const gone = cluster.leader!;
    while (cluster.leader !== follower) cluster.changeLeader();
    const { connection } = store;
    await gone.crash();
    await expect.poll(() => store.connection).toBe(connection + 1);
    await store.append(newStream(), 'no-stream', newEvents(1));
  });

  // One read hung at the leader, the leader was lost, a second read began, the leader crashed: the official client then
  // rejected a promise without a handler, and the process ended.
  test('that is lost while another read of it hangs takes nothing with it', async () => {
    await using cluster = await openWireCluster();
    await using store = openEventStoreDb({
      url: cluster.url,
      streams,
      logger,
      readDeadlineMs: 500,
      retryForMs: 3_000,
    });
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(1));
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    const leader = cluster.leader!;
    leader.faults.next('read', { fault: 'hang', when: 'before' });
    const first = collect(store.readStream(stream));
    await expect.poll(() => leader.faults.held).toBe(1);
    for (const node of cluster.nodes) if (node !== leader) await node.crash();
    leader.cut();
    const second = collect(store.readStream(stream));
    await leader.crash();
    const outcomes = await Promise.allSettled([first, second]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    for (const node of cluster.nodes) await node.start();
    expect(await collect(store.readStream(stream))).toHaveLength(1);
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
  });
});

describe('patience', () => {
  test('ends soon where no server answers', async () => {
    const start = performance.now();
    await using store = openEventStoreDb({ url: 'esdb://127.0.0.1:1,127.0.0.1:2?tls=false', streams, logger });
    await expect(store.end()).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'event-store-unavailable',
      message: 'No node of EventStoreDB (127.0.0.1:1, 127.0.0.1:2) can be reached: connection refused.',
    });
    await expect(store.append(newStream(), 'no-stream', newEvents(1))).rejects.toMatchObject({
      code: 'event-store-unavailable',
    });
    // Far from what an election is waited for.
    expect(performance.now() - start).toBeLessThan(2 * 7_000);
  });

  test.each(['append', 'read'] as const)('of a cluster that elects is the same for each call: %s', async (kind) => {
    await using cluster = await openWireCluster();
    await using store = openEventStoreDb({ url: cluster.url, streams, logger });
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(1));
    const leader = cluster.leader!;
    // The others go on naming the one that is gone, as real ones do for a while.
    await leader.crash();
    await expect.poll(() => store.connection).toBe(1);
    const calling = kind === 'read' ? collect(store.readStream(stream)) : store.append(stream, 0, newEvents(1));
    calling.catch(() => undefined);
    const asked = (): number => cluster.nodes.reduce((sum, node) => sum + node.calls.gossip, 0);
    const before = asked();
    await expect.poll(asked).toBeGreaterThan(before + 6);
    cluster.changeLeader();
    await calling;
  });

  test('ends with the attempts that the url allows', async () => {
    await using cluster = await openWireCluster();
    const url = `${cluster.url}&maxDiscoverAttempts=2`;
    await using store = openEventStoreDb({ url, streams, logger });
    await cluster.leader!.crash();
    await expect(store.end()).rejects.toMatchObject({ code: 'event-store-unavailable' });
    const asked = cluster.nodes.reduce((sum, node) => sum + node.calls.gossip, 0);
    expect(asked).toBeLessThanOrEqual(2 * 3);
  });
});
