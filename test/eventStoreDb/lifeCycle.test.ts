import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { backupOf } from '../support/eventStoreDb/backup.ts';
import { collect, numbered, numberedEvents, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { startWireServerProcess } from '../support/eventStoreDb/wireServerProcess.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let client: TestClient;
beforeEach(async () => {
  server = await openWireServer();
  client = openClient(server.url);
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test.each(['stop', 'crash'] as const)(
  'a server comes back after a %s on the same port with the same history',
  async (end) => {
    await client.appendToStream('kept', numberedEvents(3));
    const subscription = client.subscribeToAll();
    const following = collect(subscription);
    const failed = expect(following).rejects.toThrow();
    await vi.waitFor(() => expect(subscription.id).toBeDefined());
    await server[end]();
    await failed;
    await expect(client.appendToStream('kept', numbered(3))).rejects.toThrow(/UNAVAILABLE|dropped/);
    expect(server.connections).toBe(0);
    await server.start();
    const result = await vi.waitFor(() => client.appendToStream('kept', numbered(3), { expectedRevision: 2n }));
    expect(result.nextExpectedRevision).toBe(3n);
    expect(await collect(client.readStream('kept'))).toHaveLength(4);
  },
);

test('a server that sends its clients away lets their calls end, and takes new ones', async () => {
  await client.appendToStream('away', numberedEvents(3));
  const subscription = client.subscribeToAll();
  const following = collect(subscription);
  const failed = expect(following).rejects.toThrow(/CANCELLED|UNAVAILABLE/);
  await vi.waitFor(() => expect(subscription.id).toBeDefined());
  server.goAway(50);
  await failed;
  await vi.waitFor(() => client.appendToStream('away', numbered(3)));
});

test('a server cuts its connections and goes on', async () => {
  const following = collect(client.subscribeToAll());
  const failed = expect(following).rejects.toThrow(/UNAVAILABLE|dropped/);
  await vi.waitFor(() => expect(server.calls.subscribe).toBe(1));
  server.cut();
  await failed;
  await vi.waitFor(() => client.appendToStream('cut', numbered(3)));
});

test('several servers in one process know nothing of each other', async () => {
  await using other = await openWireServer();
  await using otherClient = openClient(other.url);
  await client.appendToStream('mine', numbered(0));
  await otherClient.appendToStream('theirs', numbered(0));
  expect((await collect(client.readAll())).map(({ event }) => event!.streamId)).toEqual(['mine']);
  expect((await collect(otherClient.readAll())).map(({ event }) => event!.streamId)).toEqual(['theirs']);
});

test('a server in a process of its own can be frozen, and killed', async () => {
  await using child = await startWireServerProcess('--system-traffic');
  await using remote = openClient(child.url);
  await remote.appendToStream('remote', numberedEvents(2));
  child.kill('SIGSTOP');
  let answered = false;
  const appending = remote.appendToStream('remote', numbered(2)).finally(() => (answered = true));
  await client.appendToStream('local', numberedEvents(20));
  expect(answered).toBe(false);
  child.kill('SIGCONT');
  await appending;
  const failed = expect(collect(remote.subscribeToAll())).rejects.toThrow(/UNAVAILABLE|dropped/);
  child.kill('SIGKILL');
  await failed;
});

test('a server in a process of its own ends when it is asked to', async () => {
  const child = await startWireServerProcess();
  child.kill('SIGTERM');
  expect(await child.exited).toEqual([0, null]);
});

test('a server restored from an older backup lacks what came later', async () => {
  await client.appendToStream('backed-up', numberedEvents(3));
  await client.deleteStream('backed-up');
  await client.appendToStream('backed-up', numberedEvents(2));
  await using restored = await openWireServer({ history: backupOf(server.history) });
  await using older = await openWireServer({ history: backupOf(server.history, 2) });
  await using restoredClient = openClient(restored.url);
  await using olderClient = openClient(older.url);
  expect(await collect(restoredClient.readAll())).toEqual(await collect(client.readAll()));
  expect(await collect(restoredClient.readStream('backed-up'))).toEqual(await collect(client.readStream('backed-up')));
  expect(await collect(olderClient.readAll())).toEqual((await collect(client.readAll())).slice(0, 2));
});
