import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { configurationPage, envExample } from './configurationPage.ts';

const ROOT = new URL('../../', import.meta.url);
const page = new URL('docs/configuration.md', ROOT);
const example = new URL('.env.example', ROOT);

const options = await resolveConfig(page);
await writeFile(page, await format(configurationPage(), { ...options, parser: 'markdown' }));
await writeFile(example, envExample(await readFile(example, 'utf8')));
