import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';

let empty: TestDatabase;
let cli: InProcessCli;
beforeAll(async () => {
  empty = await createTestDatabase({ template: 'template0' });
  cli = await openInProcessCli(empty.url);
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await empty[Symbol.asyncDispose]();
});

it('db status shows what is pending and migrates nothing; db migrate applies it, once [embedded-replaced] [projections-migrations]', async () => {
  const before = await cli.json(['db', 'status']);
  expect(before).toMatchObject({ code: 0, stderr: '', document: { embedded: false } });
  expect(before.document.pending).toBeGreaterThan(1);
  expect(before.document.pending).toBe(before.document.migrations.length);
  expect(before.document).not.toHaveProperty('projections');
  expect((await cli.run(['db', 'status'])).stdout).toContain('pending');

  const migrated = await cli.json(['db', 'migrate']);
  expect(migrated.document.applied).toEqual(before.document.migrations.map(({ name }) => name));
  expect(await cli.run(['db', 'migrate'])).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' });

  await cli.run(['keys', 'create', '--name', 'ci']);
  const after = (await cli.json(['db', 'status'])).document;
  expect(after.pending).toBe(0);
  expect(after.projections).toContainEqual(
    expect.objectContaining({ name: 'api_keys', position: after.last_position }),
  );
  const text = (await cli.run(['db', 'status'])).stdout;
  expect(text).toMatch(/api_keys +\d+ +running/);
  expect(text).not.toContain('devpass');
});
