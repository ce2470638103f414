import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { createRestClient } from '../../examples/restClient/client.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { documentedApi, type DocumentedApi } from './documentedApi.ts';

// The OpenAPI document as others use it: a linter, a generator of clients, and whoever decides on statuses.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
let gateway: TestGateway;
let api: DocumentedApi;

beforeAll(async () => {
  gateway = await startTestGateway();
  api = await documentedApi(gateway.url);
});
afterAll(() => gateway[Symbol.asyncDispose]());

it('the document is clean for redocly lint [http-contract-whole]', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-openapi-'));
  try {
    const file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(api.document));
    const redocly = join(ROOT, 'node_modules/@redocly/cli/bin/cli.js');
    // A proxy where nobody listens: whatever it would send gets nowhere.
    const nowhere = 'http://127.0.0.1:9';
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      CI: 'true',
      REDOCLY_TELEMETRY: 'off',
      REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
    };
    const config = join(ROOT, 'redocly.yaml');
    const lint = promisify(execFile)(process.execPath, [redocly, 'lint', file, '--config', config], { env });
    const { stderr } = await lint.catch((error: unknown) => {
      const { stdout, stderr: told } = error as { stdout: string; stderr: string };
      throw new Error(`${stdout}\n${told}`);
    });
    expect(stderr).toContain('Your API description is valid');
    expect(stderr).not.toMatch(/\d+ warning/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('every operation has an example of the JSON that it takes and answers [http-contract-whole]', () => {
  const missing = Object.values(api.document.paths).flatMap((operations) =>
    Object.values(operations).flatMap(({ operationId, requestBody, responses }) =>
      [requestBody, ...Object.values(responses)]
        .filter((body) => body !== undefined && !('$ref' in body) && body.content?.['application/json'] !== undefined)
        .filter((body) => !('example' in (body as { content: Record<string, object> }).content['application/json']!))
        .map(() => operationId),
    ),
  );
  expect(missing).toEqual([]);
});

describe('the typed client', () => {
  it('is generated from the present document (vitest -u writes it) [http-contract-whole]', async () => {
    // A member with a default may be left out of requests.
    const ast = await openapiTS(api.document as unknown as OpenAPI3, { defaultNonNullable: false });
    const text = `// Generated from /api-docs/openapi.json by test/api/contract.test.ts.\n${astToString(ast)}`;
    await expect(text).toMatchFileSnapshot(join(ROOT, 'examples/restClient/openApi.gen.ts'));
  });
  it('registers a server, runs a tool, and removes the server again', async () => {
    await using calculator = await startBackendServer1({ port: 0 });
    const { apiKey } = await gateway.createKey({ scopes: ['mcp', 'servers:read', 'servers:write'] });
    const client = createRestClient(gateway.url, apiKey);
    const made = await client.call('post', '/api/v1/mcp/servers', { body: { name: 'typed', url: calculator.url } });
    expect(made.data.name).toBe('typed');
    const path = { server: 'typed' };
    const { data: result } = await client.call('post', '/api/v1/mcp/servers/{server}/tools/{tool}/execute', {
      path: { ...path, tool: 'add' },
      body: { arguments: { a: 2, b: 3 } },
    });
    expect(result.content?.[0]).toMatchObject({ text: expect.stringContaining('5') });
    const { data: page } = await client.call('get', '/api/v1/mcp/servers', { query: { limit: 1 } });
    expect(page.items.map(({ name }) => name)).toEqual(['typed']);
    const header = { 'If-Match': '"7"' };
    await expect(client.call('delete', '/api/v1/mcp/servers/{server}', { path, header })).rejects.toMatchObject({
      status: 412,
      code: 'revision-mismatch',
    });
    const gone = await client.call('delete', '/api/v1/mcp/servers/{server}', { path });
    expect(gone.data).toBeUndefined();
  });
});
