import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openEventStoreDb, type EventStoreDbOptions } from '../../src/events/eventStoreDb.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { newEvents, newStream } from '../contract/eventStoreFixture.ts';
import { backupOf } from '../support/eventStoreDb/backup.ts';
import { History } from '../support/eventStoreDb/history.ts';
import type { Membership } from '../support/eventStoreDb/node.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

// Nodes that disagree: each has a history and an opinion of its own. A leader that was frozen while the others elected
// another one takes itself for the leader until it hears from them, and answers with what it had.

interface Opinion {
  readonly history: History;
  /** Who leads, by index. It names two when it hears again of one that was frozen and takes itself for the leader. */
  leaders: readonly number[];
  /** Answers as a leader does. A node that is about to lead does, before it is the leader and has everything. */
  answers: boolean;
}

interface Nodes extends AsyncDisposable {
  readonly nodes: readonly WireServer[];
  open(options?: Partial<EventStoreDbOptions>): EventStore;
}

async function openNodes(opinions: readonly Opinion[]): Promise<Nodes> {
  await using opened = new AsyncDisposableStack();
  const ids = opinions.map(() => randomUUID());
  const nodes: WireServer[] = [];
  const endpoint = (index: number) => ({ host: '127.0.0.1', port: nodes[index]!.port });
  for (const opinion of opinions) {
    const membership: Membership = {
      role: () => (opinion.answers ? 'leader' : 'follower'),
      leader: () => opinion.leaders.map(endpoint).at(-1),
      members: () =>
        ids.map((id, index) => {
          const role = opinion.leaders.includes(index)
            ? 'leader'
            : opinion.leaders.length > 0
              ? 'follower'
              : 'leaderless';
          return { id, ...endpoint(index), role, isAlive: true };
        }),
    };
    nodes.push(opened.use(await openWireServer({ history: opinion.history, membership })));
  }
  const closing = opened.move();
  const url = `esdb://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}?tls=false`;
  return {
    nodes,
    open: (options) =>
      openEventStoreDb({ url, streams: ['contract-'], logger: createLogger('silent'), retryForMs: 5_000, ...options }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** The history of those who went on, and the shorter one of the leader that was left behind. */
async function newHistories(): Promise<{ history: History; former: History; end: bigint; formerEnd: bigint }> {
  await using server = await openWireServer();
  await using store = openEventStoreDb({ url: server.url, streams: ['contract-'], logger: createLogger('silent') });
  const stream = newStream();
  const { position: formerEnd } = await store.append(stream, 'no-stream', newEvents(3));
  const former = backupOf(server.history);
  const { position: end } = await store.append(stream, 2, newEvents(3));
  return { history: backupOf(server.history), former, end, formerEnd };
}

describe('a former leader', () => {
  test('that has not heard of it is not asked while the others name another one [ops-cluster-who-leads]', async () => {
    const { history, former, end } = await newHistories();
    await using cluster = await openNodes([
      { history: former, leaders: [0], answers: true },
      { history, leaders: [1], answers: true },
      { history, leaders: [1], answers: false },
    ]);
    const [deposed, ...others] = cluster.nodes;
    // Its word comes first.
    for (const node of others) node.faults.next('gossip', { fault: 'hang', when: 'before' });
    await using store = cluster.open();
    const found = store.end();
    await expect.poll(() => [deposed!.calls.gossip, ...others.map(({ faults }) => faults.held)]).toEqual([1, 1, 1]);
    for (const { faults } of others) faults.release();
    expect(await found).toBe(end);
    expect(deposed!.calls.read).toBe(0);
  });

  test('that the others name beside the new one is not asked, nor is anybody, until it has heard of it [ops-cluster-who-leads]', async () => {
    const { history, former, end } = await newHistories();
    const opinions = [
      { history: former, leaders: [0], answers: true },
      { history, leaders: [0, 1], answers: true },
      { history, leaders: [0, 1], answers: false },
    ];
    await using cluster = await openNodes(opinions);
    const reads = () => cluster.nodes.map(({ calls }) => calls.read);
    await using store = cluster.open();
    const found = store.end();
    await expect.poll(() => cluster.nodes[0]!.calls.gossip).toBeGreaterThan(1);
    expect(reads()).toEqual([0, 0, 0]);
    Object.assign(opinions[0]!, { leaders: [1], answers: false });
    expect(await found).toBe(end);
    expect(reads()).toEqual([0, 1, 0]);
  });

  test('that is dead, though named for a while, hinders nobody [ops-cluster-who-leads]', async () => {
    const { history, former, end } = await newHistories();
    await using cluster = await openNodes([
      { history: former, leaders: [0], answers: true },
      { history, leaders: [0, 1], answers: true },
      { history, leaders: [0], answers: false },
    ]);
    await cluster.nodes[0]!.crash();
    await using store = cluster.open();
    expect(await store.end()).toBe(end);
  });

  test('costs a scan nothing that it does not have [events-none-lost]', async () => {
    const { history, former, end, formerEnd } = await newHistories();
    const opinions = [
      { history, leaders: [0], answers: true },
      { history: former, leaders: [0], answers: false },
      { history: former, leaders: [0], answers: false },
    ];
    await using cluster = await openNodes(opinions);
    await using store = cluster.open();
    expect(await store.end()).toBe(end);
    // The end that the scan is to reach has been found, and now the connection is lost; those who lag answer next.
    const depose = (): void => {
      for (const [index, opinion] of opinions.entries()) Object.assign(opinion, { leaders: [1], answers: index === 1 });
      cluster.nodes[0]!.cut();
    };
    cluster.nodes[0]!.faults.next('subscribe', { fault: 'run', when: 'before', action: depose });
    const positions = [];
    for await (const { position } of store.scan()) positions.push(position);
    expect(positions.at(-1)).toBe(formerEnd);
  });
});

describe('a node that is about to lead', () => {
  test('is not asked before it says that it leads: what it shows may be cut off again [ops-cluster-who-leads]', async () => {
    const { history, end } = await newHistories();
    // The others name it; it was started again, answers reads, and knows of no leader.
    const starting: Opinion = { history, leaders: [], answers: true };
    await using cluster = await openNodes([
      starting,
      { history, leaders: [0], answers: false },
      { history, leaders: [0], answers: false },
    ]);
    const { calls } = cluster.nodes[0]!;
    await using hasty = cluster.open({ retryForMs: 100 });
    await expect(hasty.end()).rejects.toMatchObject({
      code: 'event-store-unavailable',
      message: expect.stringMatching(/has no leader now\.$/),
    });
    await using store = cluster.open();
    const before = calls.gossip;
    const found = store.end();
    await expect.poll(() => calls.gossip).toBeGreaterThan(before);
    expect(calls.read).toBe(0);
    starting.leaders = [0];
    expect(await found).toBe(end);
  });
});
