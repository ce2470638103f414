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
  const files = (await readdir(HERE, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.includes('node_modules/'),
  );
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
      /^(?:README\.md|SECURITY\.md|docs\/|MCP 20|JSON-RPC |RFC |WHATWG |W3C |OWASP |OpenAPI |CWE-|@)/,
    );
  }
});

it('every source in this repository is there, under the heading that is named', async () => {
  const missing: string[] = [];
  for (const [id, { source }] of Object.entries(requirements)) {
    for (const place of source.split('; ')) {
      const [, file, heading] = /^((?:README|SECURITY|docs\/\S+?)(?:\.md)?)(?:, (.+))?$/.exec(place) ?? [];
      if (file === undefined) continue;
      const text = await documentText(file);
      const headings = [...(text?.matchAll(/^#+ (.+)$/gm) ?? [])].map(([, title]) => title);
      if (text === undefined || (heading !== undefined && !headings.includes(heading))) missing.push(`${id}: ${place}`);
    }
  }
  expect(missing).toEqual([]);
});

/** Reads a document; a decision (docs/adr) may be named by its number alone. */
async function documentText(file: string): Promise<string | undefined> {
  const number = /^docs\/adr\/(\d{4})$/.exec(file)?.[1];
  const names = number === undefined ? [file] : await readdir(new URL('../docs/adr/', HERE));
  const name = names.find((each) => each.startsWith(number ?? ''));
  if (name === undefined) return undefined;
  return readFile(new URL(number === undefined ? `../${name}` : `../docs/adr/${name}`, HERE), 'utf8').catch(
    () => undefined,
  );
}

it('citations are found where tests have them, and nowhere else', () => {
  const at = (...ids: string[]) => ids.map((id) => ` [${id}]`).join('');
  expect(citedIn(`it('a sentence${at('a-b', 'c-d')}', async () => {`)).toEqual(['a-b', 'c-d']);
  expect(citedIn(`test.for([1])(\n  'a sentence${at('a-b')}',\n`)).toEqual(['a-b']);
  expect(citedIn(`  // it('a sentence${at('a-b')}', () => {`)).toEqual([]);
  expect(citedIn("const alphabet = /[a-z]/; list['x'][index]; call(`[x]`);")).toEqual([]);
});
