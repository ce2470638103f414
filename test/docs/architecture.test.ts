import { access, readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { requirements } from '../requirements.ts';

const ROOT = new URL('../../', import.meta.url);
const DOCUMENTS = [
  'docs/architecture.md',
  'docs/proxy.md',
  'docs/protocol.md',
  'docs/README.md',
  'REVIEW.md',
  'CONTRIBUTING.md',
];

async function missing(paths: Iterable<string>): Promise<string[]> {
  const found = await Promise.all(
    [...new Set(paths)].map((path) =>
      access(new URL(path, ROOT)).then(
        () => [],
        () => [path],
      ),
    ),
  );
  return found.flat();
}

it.each(DOCUMENTS)('%s names files and folders that exist', async (name) => {
  const text = await readFile(new URL(name, ROOT), 'utf8');
  const named = text.matchAll(/(?<![\w./-])(?:src|cli|test|docs|bench|examples|migrations)\/[\w./-]*\w/g);
  expect(await missing([...named].map(([path]) => path))).toEqual([]);
});

it.each(DOCUMENTS)('the links of %s lead somewhere', async (name) => {
  const text = await readFile(new URL(name, ROOT), 'utf8');
  const links = [...text.matchAll(/\]\((?!http)([^)#]+)/g)].map(([, link]) => new URL(link ?? '', new URL(name, ROOT)));
  expect(await missing(links.map((url) => url.href))).toEqual([]);
});

it('each law names a requirement that tests hold', async () => {
  const text = await readFile(new URL('docs/architecture.md', ROOT), 'utf8');
  const [, laws = ''] = /^## Laws\n([^]*?)^## /m.exec(text) ?? [];
  const rows = laws.split('\n').filter((line) => /^\|\s+[A-Z]/.test(line));
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) {
    const ids = [...row.matchAll(/`([a-z]+-[a-z0-9-]+)`/g)].map(([, id]) => id ?? '');
    expect(ids, row).not.toEqual([]);
    expect(ids.filter((id) => !Object.hasOwn(requirements, id))).toEqual([]);
  }
});

it('docs/architecture.md lists every decision', async () => {
  const text = await readFile(new URL('docs/architecture.md', ROOT), 'utf8');
  const decisions = await readdir(new URL('docs/adr/', ROOT));
  expect(decisions.filter((name) => !text.includes(`(adr/${name})`))).toEqual([]);
});

it('each file appears once in its walk', async () => {
  const text = await readFile(new URL('docs/architecture.md', ROOT), 'utf8');
  const [, walks = ''] = /^## Three walks\n([^]*?)^## /m.exec(text) ?? [];
  const [, ...each] = walks.split(/^### /m);
  expect(each).toHaveLength(3);
  for (const walk of each) {
    const files = [...walk.matchAll(/`((?:src|cli)\/[\w/]+\.ts)`/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(8);
    expect(files.filter((file, index) => files.indexOf(file) !== index)).toEqual([]);
  }
});
