import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { collect, follow, ids, outOfOrder, newStream } from '../contract/eventStoreFixture.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

describe('processes on one Postgres store', () => {
  let database: TestDatabase;
  let store: EventStore;
  beforeAll(async () => {
    database = await createTestDatabase();
    store = openPostgresStore({ db: database.db, logger: createLogger('silent') });
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  test('lose nothing that they append, and exit by themselves', async () => {
    const prefix = newStream();
    await using follower = follow(store, undefined, prefix);
    const loops = [1, 2].map(() => appendLoop(database.url, prefix, 8, 25));
    for (const loop of loops) expect(await loop.exit).toBe(0);
    await follower.reaches(2 * 8 * 25 * 3);
    expect(outOfOrder(follower.events)).toEqual([]);
    expect(new Set(ids(follower.events))).toEqual(
      new Set(loops.flatMap(({ acknowledged }) => acknowledged.flatMap(({ ids }) => ids))),
    );
  });

  test('leave every acknowledged append and no half of one when they are killed [events-acknowledged-kept]', async () => {
    const prefix = newStream();
    const loop = appendLoop(database.url, prefix, 8, Infinity);
    await loop.reaches(200);
    loop.kill();
    await loop.exit;
    const events = (await collect(store.readAll())).filter(({ stream }) => stream.startsWith(prefix));
    const present = new Set(ids(events));
    expect(loop.acknowledged.length).toBeGreaterThanOrEqual(200);
    for (const { ids } of loop.acknowledged) for (const id of ids) expect(present).toContain(id);
    for (const stream of new Set(events.map((event) => event.stream))) {
      expect(events.filter((event) => event.stream === stream).length % 3).toBe(0);
    }
  });
});

interface AppendLoop {
  readonly acknowledged: { readonly stream: string; readonly revision: number; readonly ids: readonly string[] }[];
  readonly exit: Promise<number | null>;
  /** Waits until so many appends were acknowledged. */
  reaches(count: number): Promise<void>;
  /** Kills the process with SIGKILL. */
  kill(): void;
}

function appendLoop(url: string, prefix: string, writers: number, rounds: number): AppendLoop {
  const program = fileURLToPath(new URL('appendLoop.ts', import.meta.url));
  const child = spawn(process.execPath, [program, url, prefix, String(writers), String(rounds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: AppendLoop['acknowledged'] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    // Killed in the middle of a line: not acknowledged.
    if (line.endsWith('}')) acknowledged.push(JSON.parse(line) as AppendLoop['acknowledged'][number]);
  });
  return {
    acknowledged,
    exit: once(child, 'close').then(() => child.exitCode),
    async reaches(count) {
      while (acknowledged.length < count) await once(lines, 'line');
    },
    kill: () => child.kill('SIGKILL'),
  };
}
