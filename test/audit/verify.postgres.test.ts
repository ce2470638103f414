import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import type { TamperableStore } from '../contract/auditFixture.ts';
import { auditVerifyContract } from '../contract/auditVerify.ts';
import type { TamperableStores } from '../contract/auditWorld.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

interface PostgresStore extends TamperableStore {
  readonly database: TestDatabase;
}

function openTamperableStore(database: TestDatabase): PostgresStore {
  const { db } = database;
  const store = openPostgresStore({ db, logger: createLogger('silent') });
  return {
    store,
    db,
    database,
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
}

const stores: TamperableStores<PostgresStore> = {
  open: async () => openTamperableStore(await createTestDatabase()),
  async keep({ store, database }) {
    await store[Symbol.asyncDispose]();
    const template = await database.asTemplate();
    return {
      copy: async () => openTamperableStore(await createTestDatabase({ template: template.name })),
      [Symbol.asyncDispose]: () => template[Symbol.asyncDispose](),
    };
  },
};

auditVerifyContract('Postgres', stores);
