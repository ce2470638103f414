import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEndedSessions, type EndedSessions } from '../../src/live/endedSessions.ts';
import { openInvalidations, type Invalidations } from '../../src/live/invalidations.ts';
import { steadyClock } from '../../src/clock.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

let database: TestDatabase;
let db: Database;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  database = opened.use(await createTestDatabase());
  db = opened.use(openDatabase({ url: database.url, applicationName: 'test' }));
});
afterAll(() => opened.disposeAsync());

/** One gateway’s memory of ended sessions. */
async function replica(): Promise<{ sessions: EndedSessions; invalidations: Invalidations }> {
  const logger = createLogger('silent');
  const invalidations = opened.use(
    openInvalidations({ url: database.url, replica: randomUUID(), logger, clock: steadyClock }),
  );
  await expect.poll(() => invalidations.trusted).toBe(true);
  return { sessions: opened.use(createEndedSessions({ db, invalidations })), invalidations };
}

test('a session that has ended has ended on all replicas, at once here, and after a restart [aggregate-sessions-ended]', async () => {
  const [one, two] = [await replica(), await replica()];
  const [session, other, key] = [randomUUID(), randomUUID(), randomUUID()];
  for (const { sessions } of [one, two]) {
    expect(await sessions.has(session)).toBe(false);
    expect(await sessions.has(other)).toBe(false);
  }
  const heard: string[] = [];
  two.sessions.onEnd((id) => heard.push(id));
  await one.sessions.add(session, key);
  expect(one.sessions.has(session)).toBe(true);
  await expect.poll(async () => two.sessions.has(session)).toBe(true);
  expect(heard).toEqual([session]);
  expect(await (await replica()).sessions.has(session)).toBe(true);
  // Ending it again changes nothing, and no other session has ended.
  await two.sessions.add(session, key);
  const { statements } = db;
  expect(one.sessions.has(other)).toBe(false);
  expect(db.statements).toBe(statements);
});

test('of each key so many are remembered, and the first ones make room [aggregate-sessions-ended]', async () => {
  const { sessions } = await replica();
  const key: string = randomUUID();
  const otherKey: string = randomUUID();
  const ofOther = randomUUID();
  await sessions.add(ofOther, otherKey);
  await db.query(sql`
    insert into ended_sessions (session_id, key_id) select gen_random_uuid(), ${key}::uuid from generate_series(1, 10005)`);
  const last = randomUUID();
  await sessions.add(last, key);
  const [row] = await db.query<{ count: number }>(
    sql`select count(*)::int as count from ended_sessions where key_id = ${key}::uuid`,
  );
  expect(row?.count).toBe(10_000);
  const later = (await replica()).sessions;
  expect([await later.has(last), await later.has(ofOther)]).toEqual([true, true]);
});
