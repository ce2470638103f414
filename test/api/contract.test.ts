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

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly explode?: boolean;
  readonly schema: { readonly type?: string };
}

it('every parameter of a query that is documented is taken, and no other one, nor one twice that is no list [http-query-strict]', async () => {
  const { apiKey } = await gateway.createKey({
    scopes: ['mcp', 'servers:read', 'servers:write', 'keys:read', 'audit:read', 'usage:read', 'events:read'],
  });
  const known = (api.document.components as unknown as Record<string, Record<string, Parameter>>)['parameters'] ?? {};
  const detailOf = async (method: string, path: string, query: string): Promise<string> => {
    const answer = await fetch(`${gateway.url}${path.replace(/\{\w+\}/g, 'x')}?${query}`, {
      method,
      headers: { 'x-api-key': apiKey },
    });
    if (answer.headers.get('content-type') === 'application/problem+json') {
      return String(((await answer.json()) as { detail: unknown }).detail);
    }
    await answer.body?.cancel();
    return `${answer.status}`;
  };
  const wrong: string[] = [];
  for (const [path, operations] of Object.entries(api.document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const { security, parameters = [] } = operation as unknown as {
        security?: readonly object[];
        parameters?: readonly (Parameter & { readonly $ref?: string })[];
      };
      // For anyone, as a probe of a load balancer; and the exchange of lines, which is no part of the REST API.
      if (security?.length === 0 || path === '/api/v1/mcp/stream') continue;
      const refused = await detailOf(method, path, 'no_such=1');
      if (!refused.startsWith('no_such: there is no such parameter')) wrong.push(`${method} ${path}: ${refused}`);
      for (const parameter of parameters) {
        const { name, in: place, explode, schema } = known[parameter.$ref?.split('/').at(-1) ?? ''] ?? parameter;
        if (place !== 'query') continue;
        const taken = await detailOf(method, path, `${name}=x`);
        if (taken.includes('there is no such parameter')) wrong.push(`${method} ${path}: ${taken}`);
        const isList = schema.type === 'array';
        const twice = await detailOf(method, path, `${name}=x&${name}=x`);
        if (!isList && twice !== `${name}: may come once only`) wrong.push(`${method} ${path} ${name} twice: ${twice}`);
        if (isList && explode !== false && twice.endsWith('once only')) wrong.push(`${method} ${path} ${twice}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(await detailOf('GET', '/api/v1/usage', 'form=2026-01-01')).toBe(
    'form: there is no such parameter here; did you mean from?',
  );
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
