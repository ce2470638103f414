import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { configurationJsonSchema } from '../../src/configuration/configurationFile.ts';
import { parseConfigurationText } from '../../src/configuration/configurationText.ts';
import { readConfigurationFile } from '../../src/configuration/readConfigurationFile.ts';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url));

it('docs/metamcp.schema.json is what metamcp-cli apply --schema prints [configuration-schema]', async () => {
  expect(JSON.parse((await read('docs/metamcp.schema.json')).toString())).toEqual(configurationJsonSchema());
});

it('the example fits the schema and the code, and what does not fit one does not fit the other [configuration-schema]', async () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const fits = ajv.compile(configurationJsonSchema());
  const text = parseConfigurationText(await read('examples/configuration/metamcp.yaml'), 'metamcp.yaml');
  expect(fits(text.value)).toBe(true);
  expect(readConfigurationFile(text).version).toBe(1);
  const wrong: object[] = [
    { version: 2 },
    { version: 1, surplus: 1 },
    { version: 1, keys: { ci: { scopes: ['all'] } } },
    { version: 1, servers: { 'Not A Slug': { url: 'https://x.example' } } },
    { version: 1, servers: { a: { url: 'https://x.example', headers: { A: 1 } } } },
  ];
  for (const value of wrong) {
    expect(fits(value)).toBe(false);
    expect(() => readConfigurationFile(parseConfigurationText(Buffer.from(JSON.stringify(value))))).toThrow();
  }
});
