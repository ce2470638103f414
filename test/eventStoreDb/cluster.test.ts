import { NotLeaderError } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { collect, numbered, numberedEvents, openClient } from '../support/eventStoreDb/testClient.ts';
import { openWireCluster, type WireCluster } from '../support/eventStoreDb/wireCluster.ts';

let cluster: WireCluster;
beforeEach(async () => {
  cluster = await openWireCluster();
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

const appendsPerNode = (): number[] => cluster.nodes.map(({ calls }) => calls.append);

test.each(['url', 'discoverUrl'] as const)('a client finds the leader by the %s', async (kind) => {
  const leader = cluster.changeLeader(cluster.nodes[2]);
  await using client = openClient(kind === 'url' ? cluster.url : cluster.discoverUrl());
  await client.appendToStream('found', numberedEvents(2));
  expect(appendsPerNode()).toEqual([0, 0, 1]);
  expect(leader.calls.append).toBe(1);
});

test('a client may prefer a follower to read from, and sees there what was written', async () => {
  await using writer = openClient(cluster.url);
  await writer.appendToStream('read', numberedEvents(3));
  await using reader = openClient(`${cluster.url}&nodePreference=follower`);
  expect(await collect(reader.readStream('read'))).toHaveLength(3);
  expect(cluster.leader!.calls.read).toBe(0);
});

describe('a follower', () => {
  test('passes a write on to the leader', async () => {
    const [follower] = cluster.followers;
    await using client = openClient(follower!.url);
    const result = await client.appendToStream('passed', numberedEvents(2), { expectedRevision: 'no_stream' });
    expect(result.nextExpectedRevision).toBe(1n);
    await client.deleteStream('passed');
    expect(cluster.history.isSoftDeleted('passed')).toBe(true);
  });

  test('names the leader to those who insist on it', async () => {
    const [follower] = cluster.followers;
    const single = { requiresLeader: true, credentials: { username: 'admin', password: 'changeit' } };
    const leader = { address: '127.0.0.1', port: cluster.leader!.port };
    const attempts = [
      (url: string) => openClient(url).appendToStream('insists', numbered(0), { requiresLeader: true }),
      (url: string) => openClient(url).appendToStream('insists', numbered(0), single),
      (url: string) => openClient(url).deleteStream('insists', { requiresLeader: true }),
      (url: string) => collect(openClient(url).readAll({ requiresLeader: true })),
      (url: string) => collect(openClient(url).readStream('insists', { requiresLeader: true })),
    ];
    for (const attempt of attempts) {
      const refused = attempt(follower!.url);
      await expect(refused).rejects.toBeInstanceOf(NotLeaderError);
      await expect(refused).rejects.toMatchObject({ leader });
    }
    expect(cluster.history.lastRevision('insists')).toBe(-1);
  });

  test('sends a client that insists to the leader, and the client goes there', async () => {
    const [follower] = cluster.followers;
    await using client = openClient(follower!.url);
    const append = () => client.appendToStream('sent', numbered(0), { requiresLeader: true });
    await expect(append()).rejects.toBeInstanceOf(NotLeaderError);
    await append();
    expect(cluster.leader!.calls.append).toBe(1);
  });
});

test('a leader change sends those who insist on the leader to the new one', async () => {
  await using client = openClient(cluster.url);
  const append = (number: number) => client.appendToStream('changed', numbered(number), { requiresLeader: true });
  await append(0);
  const next = cluster.changeLeader();
  await expect(append(1)).rejects.toBeInstanceOf(NotLeaderError);
  await append(1);
  expect(next.calls.append).toBe(1);
  expect(cluster.history.lastRevision('changed')).toBe(1);
});

test('without a leader nobody writes, and reading goes on', async () => {
  await using client = openClient(cluster.nodes[1]!.url);
  await client.appendToStream('election', numbered(0));
  cluster.loseLeader();
  await expect(client.appendToStream('election', numbered(1))).rejects.toThrow('Server Is Not Ready');
  const single = { credentials: { username: 'admin', password: 'changeit' } };
  await expect(client.appendToStream('election', numbered(1), single)).rejects.toThrow(/UNAVAILABLE.*Not Ready/);
  expect(await vi.waitFor(() => collect(client.readStream('election')))).toHaveLength(1);
  cluster.changeLeader(cluster.nodes[1]);
  await vi.waitFor(() => client.appendToStream('election', numbered(1)));
});

test('a client of all nodes survives the death of the leader', async () => {
  await using client = openClient(cluster.url);
  await client.appendToStream('survived', numbered(0));
  const dead = cluster.leader!;
  const following = expect(collect(client.subscribeToAll())).rejects.toThrow(/UNAVAILABLE|dropped/);
  await vi.waitFor(() => expect(dead.calls.subscribe).toBe(1));
  await dead.crash();
  await following;
  expect(cluster.leader).toBeUndefined();
  cluster.changeLeader();
  await vi.waitFor(() => client.appendToStream('survived', numbered(1), { expectedRevision: 0n }));
  await dead.start();
  expect(cluster.followers).toContain(dead);
});

test('a read-only replica answers reads and leaves writes to the leader', async () => {
  await using larger = await openWireCluster({ readOnlyReplicas: 1 });
  const replica = larger.nodes[3]!;
  await using client = openClient(replica.url);
  expect(await collect(client.readAll())).toEqual([]);
  await expect(client.appendToStream('replica', numbered(0))).rejects.toBeInstanceOf(NotLeaderError);
  await using chooser = openClient(`${larger.url}&nodePreference=read_only_replica`);
  expect(await collect(chooser.readAll())).toEqual([]);
  expect(replica.calls.read).toBe(2);
});
