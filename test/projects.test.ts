import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import config from '../vitest.config.ts';

const cwd = fileURLToPath(new URL('..', import.meta.url));

/** The files of each project that vitest.config.ts describes. */
function filesOfProjects(): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const project of config.test?.projects ?? []) {
    if (typeof project !== 'object' || !('test' in project)) throw new Error('a project is described in place');
    const { name, include = [], exclude = [] } = project.test ?? {};
    const excluded = new Set(globSync(exclude, { cwd }));
    files.set(
      typeof name === 'string' ? name : (name?.label ?? ''),
      globSync(include, { cwd }).filter((file) => !excluded.has(file)),
    );
  }
  return files;
}

const projects = filesOfProjects();
const of = (name: string): readonly string[] => projects.get(name) ?? [];

it('every test file is of one project, or else of the projects of an event store', () => {
  const once = ['unit', 'stores', 'gateway', 'programs'].flatMap(of);
  expect(once.toSorted()).toEqual([...new Set(once)].toSorted());
  const all = [...projects.values()].flat();
  // What the packages of others bring along is theirs.
  const ours = globSync('test/**/*.test.ts', { cwd, exclude: ['**/node_modules/**'] });
  expect(ours.filter((file) => !all.includes(file))).toEqual([]);
});

it('no project is empty, and those of an event store repeat what others have but for what concerns that store', () => {
  for (const [name, files] of projects) expect(files.length, name).toBeGreaterThan(5);
  const once = ['unit', 'stores', 'gateway', 'programs'].flatMap(of);
  const repeated = ['gateway-in-memory', 'gateway-on-eventstoredb'].flatMap(of);
  expect(repeated.filter((file) => !once.includes(file))).toEqual(['test/cli/brokenHistories.test.ts']);
});
