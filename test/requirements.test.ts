import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { requirements } from './requirements.ts';

const HERE = new URL('./', import.meta.url);

/** A citation: ids in brackets at the end of a string that is an argument, as a test's name is. */
const CITATIONS = /(?<ids>(?: \[[a-z0-9-]+\])+)['"`],/g;

/** Finds the cited ids in the text of a test file; what is commented out proves nothing. */
function citedIn(text: string): string[] {
  const code = text.replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(CITATIONS)].flatMap(({ groups }) => groups?.['ids']?.match(/[a-z0-9-]+/g) ?? []);
}

async function citations(): Promise<Map<string, string[]>> {
  const files = (await readdir(HERE, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const cited = new Map<string, string[]>();
  for (const file of files) {
    if (file.startsWith('requirements')) continue;
    for (const id of citedIn(await readFile(new URL(file, HERE), 'utf8'))) {
      cited.set(id, [...(cited.get(id) ?? []), file]);
    }
  }
  return cited;
}

it('every requirement is cited by a test', async () => {
  const cited = await citations();
  expect(Object.keys(requirements).filter((id) => !cited.has(id))).toEqual([]);
});

it('every citation is of a requirement', async () => {
  const unknown = [...(await citations())].filter(([id]) => !Object.hasOwn(requirements, id));
  expect(unknown).toEqual([]);
});

it('every requirement is one sentence with a source', () => {
  for (const { requirement, source } of Object.values(requirements)) {
    expect(requirement).toMatch(/^[A-Z/].*[^.]\.$/);
    expect(requirement).not.toMatch(/[.!?] [A-Z]/);
    expect(source).toMatch(
      /^(?:README\.md|SECURITY\.md|MCP 20|JSON-RPC |RFC |WHATWG |W3C |OWASP |OpenAPI |CWE-|DESIGN |CONVENTIONS|issue |docs\/|@)/,
    );
  }
});

it('citations are found where tests have them, and nowhere else', () => {
  const at = (...ids: string[]) => ids.map((id) => ` [${id}]`).join('');
  expect(citedIn(`it('a sentence${at('a-b', 'c-d')}', async () => {`)).toEqual(['a-b', 'c-d']);
  expect(citedIn(`test.for([1])(\n  'a sentence${at('a-b')}',\n`)).toEqual(['a-b']);
  expect(citedIn(`  // it('a sentence${at('a-b')}', () => {`)).toEqual([]);
  expect(citedIn("const alphabet = /[a-z]/; list['x'][index]; call(`[x]`);")).toEqual([]);
});
