import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { auditVerifyContract } from '../contract/auditVerify.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

auditVerifyContract('Postgres', async () => {
  const database = await createTestDatabase();
  const { db } = database;
  const store = openPostgresStore({ db, logger: createLogger('silent') });
  return {
    store,
    db,
    async rewrite(history) {
      const rows = history.map((event) => ({ ...event, position: String(event.position) }));
      await db.transaction(async (tx) => {
        await tx.query(sql`delete from events`);
        await tx.query(sql`
          insert into events ("position", stream, revision, event_id, type, data, metadata, size)
          overriding system value
          select e."position", e.stream, e.revision, e.id, e.type, e.data, e.metadata, 1000
          from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (
            "position" bigint, stream text, revision integer, id uuid, type text, data jsonb, metadata jsonb)`);
        await tx.query<{ last: string | null }>(sql`
          select setval(pg_get_serial_sequence('events', 'position'),
            greatest((select max("position") from events), nextval(pg_get_serial_sequence('events', 'position'))))::bigint as last`);
      });
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
});
