import { expect, it } from 'vitest';
import { cliFixture } from '../cli/cliFixture.ts';

const cli = cliFixture();

async function createKey(): Promise<string> {
  return (await cli.json(['keys', 'create', '--name', 'shared'])).document.id;
}

async function historyOf(id: string): Promise<readonly { readonly type: string; readonly data?: unknown }[]> {
  return (await cli.json(['keys', 'show', id])).document.history;
}

it('two administrators who change one key at once both see a truthful result, and history shows both [cli-concurrent]', async () => {
  const id = await createKey();
  const grants = Array.from({ length: 6 }, (_, n) => `server-${n}`);
  const results = await Promise.all(grants.map((grant) => cli.json(['keys', 'access', id, '--grant', grant])));
  const done = grants.filter((_, n) => results[n]?.code === 0);
  // A command on an older state is refused as such, and has changed nothing.
  for (const { code, document } of results) {
    if (code !== 0) expect([code, document.error.code]).toEqual([1, 'revision-mismatch']);
  }
  expect(done.length).toBeGreaterThanOrEqual(1);
  const changes = (await historyOf(id)).filter(({ type }) => type === 'ApiKeyAccessChanged');
  expect(changes.map(({ data }) => (data as { grants: string[] }).grants[0]).sort()).toEqual(done.sort());
  const { document } = await cli.json(['keys', 'show', id]);
  expect((document as unknown as { grants: string[] }).grants).toEqual(
    (changes.at(-1)?.data as { grants: string[] }).grants,
  );
});

it('of two who end a key at once, in different ways, both are right [cli-concurrent]', async () => {
  const id = await createKey();
  const [inactivated, deleted] = await Promise.all([
    cli.json(['keys', 'inactivate', id, '--reason', 'lost']),
    cli.json(['keys', 'delete', id, '--confirm', '--reason', 'leaked']),
  ]);
  expect(deleted.code).toBe(0);
  const types = (await historyOf(id)).map(({ type }) => type);
  if (inactivated.code === 0) expect(types).toEqual(['ApiKeyCreated', 'ApiKeyInactivated', 'ApiKeyDeleted']);
  else {
    expect(inactivated.document.error.code).toBe('key-deleted');
    expect(types).toEqual(['ApiKeyCreated', 'ApiKeyDeleted']);
  }
});

it('of two who rotate a key at once, one gets its successor and the other the same or a refusal [cli-concurrent]', async () => {
  const id = await createKey();
  const results = await Promise.all([1, 2].map(() => cli.json(['keys', 'rotate', id, '--grace', '1h'])));
  const issued = results.filter(({ code }) => code === 0).map(({ document }) => document.api_key);
  expect(new Set(issued).size).toBe(1);
  for (const { code, document } of results) if (code !== 0) expect(document.error.code).toBe('key-already-rotated');
  const rotations = (await historyOf(id)).filter(({ type }) => type === 'ApiKeyRotated');
  expect(rotations).toHaveLength(1);
  expect(await cli.list(['keys', 'list'])).toEqual(
    expect.arrayContaining([expect.objectContaining({ rotated_from: id })]),
  );
});
