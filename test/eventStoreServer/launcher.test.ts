import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { collect, numbered, numberedEvents, openClient } from '../support/eventStoreDb/testClient.ts';
import { startEventStoreCluster } from '../support/eventStoreCluster.ts';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from '../support/eventStoreServer.ts';

const ABANDONED = fileURLToPath(new URL('../support/eventStoreServer/abandonedServer.ts', import.meta.url));

/** What the tests of EventStoreDB rely on when they start a real server. */
describe.skipIf(realServerCommand() === undefined)('a real server', () => {
  describe('on disk, over TLS', () => {
    let server: EventStoreServer;
    beforeAll(async () => {
      server = await startEventStoreServer({ storage: 'disk', tls: true });
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test('forgets for good what a scavenge removes', async () => {
      await using client = openClient(server.url);
      const inAll = async () =>
        (await collect(client.readAll())).filter(({ event }) => event?.streamId === 'gone').length;
      for (let round = 0; round < 2; round += 1) {
        await client.appendToStream('gone', numberedEvents(6));
        await client.deleteStream('gone');
        expect(await inAll()).toBeGreaterThanOrEqual(6);
        await server.scavenge();
        // A soft delete leaves the last event.
        expect(await inAll()).toBe(1);
      }
    });

    test('keeps what it has acknowledged before it was killed, and starts again at the same port', async () => {
      await using client = openClient(server.url);
      await client.appendToStream('kept', numbered(1));
      const { pid } = server;
      await server.kill();
      expect(server.isRunning).toBe(false);
      await server.start();
      expect(server.pid).not.toBe(pid);
      await using again = openClient(server.url);
      expect(await collect(again.readStream('kept'))).toHaveLength(1);
    });

    test('goes back to a backup, cuts what was written since, and takes new events', async () => {
      await using client = openClient(server.url);
      await client.appendToStream('a', numbered(1));
      const backup = await server.snapshot();
      await using later = openClient(server.url);
      await later.appendToStream('a', numbered(2));
      for (let round = 0; round < 2; round += 1) {
        await backup.restore();
        await using restored = openClient(server.url);
        expect(await collect(restored.readStream('a'))).toHaveLength(1);
        await restored.appendToStream('a', numbered(3), { expectedRevision: 0n });
      }
    });
  });

  test('ends with the process that started it, also one that is killed and a server that hangs', async () => {
    const parent = spawn(process.execPath, [ABANDONED], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const { pid, folder } = z.object({ pid: z.number(), folder: z.string() }).parse(JSON.parse(line));
    process.kill(pid, 'SIGSTOP');
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect.poll(() => existsSync(folder)).toBe(false);
  });

  test('says why it does not start', async () => {
    await expect(startEventStoreServer({ extra: ['--no-such-option=1'] })).rejects.toThrow(/NoSuchOption/);
  });

  // Without TLS, the tests of what a store does under faults run on one.
  test('is one of three, of which another leads when the leader is killed', async () => {
    await using cluster = await startEventStoreCluster({ tls: true });
    const first = await cluster.leader();
    await first.kill();
    const second = await cluster.leader();
    expect(second.port).not.toBe(first.port);
    await using client = openClient(cluster.url);
    await client.appendToStream('a', numbered(1));
    await first.start();
    second.freeze();
    const third = await cluster.leader();
    expect(third.port).not.toBe(second.port);
    second.thaw();
    await using another = openClient(cluster.url);
    expect(await collect(another.readStream('a'))).toHaveLength(1);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
