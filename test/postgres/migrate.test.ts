import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { migrate, migrationStatus } from '../../src/postgres/migrate.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

describe('migrating', () => {
  const empty = (): Promise<TestDatabase> => createTestDatabase({ template: 'template0' });
  const files = async (): Promise<string[]> =>
    (await readdir(new URL('../../migrations/', import.meta.url))).filter((name) => name.endsWith('.sql')).sort();

  test('applies every file once, in order', async () => {
    await using database = await empty();
    expect(await migrate(database.db)).toEqual(await files());
    expect(await migrate(database.db)).toEqual([]);
  });

  test('applies every file once when several processes start together [projections-migrations]', async () => {
    await using database = await empty();
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database.db)));
    expect(applied.flat()).toEqual(await files());
  });

  test('tells what is applied and since when, and changes nothing by asking', async () => {
    await using database = await empty();
    const names = await files();
    expect(await migrationStatus(database.db)).toEqual(names.map((name) => ({ name, appliedAt: undefined })));
    expect(
      await database.db.query<{ tablename: string | null }>(
        sql`select t.tablename::text from pg_tables t where t.schemaname = 'public'`,
      ),
    ).toEqual([]);
    await migrate(database.db);
    expect(await migrationStatus(database.db)).toEqual(
      names.map((name) => ({ name, appliedAt: expect.stringMatching(/^\d{4}-.*Z$/) })),
    );
  });

  test('refuses a database whose migrations were other ones [projections-migrations]', async () => {
    await using database = await createTestDatabase();
    const [name = ''] = await files();
    await database.db.query({ text: `update schema_migrations set checksum = 'x' where name = $1`, values: [name] });
    await expect(migrate(database.db)).rejects.toMatchObject({ code: 'migration-changed', data: { migration: name } });
  });

  test('refuses a database of a newer version', async () => {
    await using database = await createTestDatabase();
    await database.db.query({ text: `insert into schema_migrations values ('9999_later.sql', 'x')`, values: [] });
    await expect(migrate(database.db)).rejects.toThrow('Run a newer version');
  });

  test('leaves nothing behind when a file fails [projections-migrations]', async () => {
    await using database = await empty();
    await database.db.query({ text: 'create table events (n integer)', values: [] });
    await expect(migrate(database.db)).rejects.toMatchObject({ code: 'database-occupied' });
    expect(
      await database.db.query<{ tablename: string | null }>(
        sql`select t.tablename::text from pg_tables t where t.schemaname = 'public'`,
      ),
    ).toEqual([{ tablename: 'events' }]);
  });
});
