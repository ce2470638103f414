import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { configurationPage, envExample } from './configurationPage.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (name: string) => readFile(new URL(name, ROOT), 'utf8');

it('docs/configuration.md and .env.example are what `npm run docs` writes [ops-settings-documented]', async () => {
  const options = await resolveConfig(new URL('docs/configuration.md', ROOT));
  expect(await read('docs/configuration.md')).toBe(
    await format(configurationPage(), { ...options, parser: 'markdown' }),
  );
  const example = await read('.env.example');
  expect(example).toBe(envExample(example));
});
