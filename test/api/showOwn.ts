import { expect } from 'vitest';
import { scopeSchema } from '../../src/events/apiKey.ts';
import type { TestGateway } from '../support/testGateway.ts';
import type { DocumentedApi } from './documentedApi.ts';

const SERVERS = '/api/v1/mcp/servers';

/** What servers and keys have of their own is shown, and what fails. The server `calculator` is there. */
export async function showOwn(gateway: TestGateway, api: DocumentedApi): Promise<void> {
  const { apiKey: credential } = await gateway.createKey({ scopes: [...scopeSchema.options] });
  const { id } = await gateway.createKey({ expiresIn: 3_600_000 });
  const body = {
    name: 'full',
    description: 'A program that ends at once.',
    transport: 'stdio',
    command: 'false',
    args: ['-'],
    cwd: '/',
    on_tool_change: 'flag',
    limits: { memory_bytes: 2 ** 30, open_files: 64, processes: 4_096, restarts: 1, rates: ['requests=100/s'] },
    timeouts: { idle_stop_ms: 60_000 },
  };
  expect((await api.call('POST', SERVERS, { credential, body })).status).toBe(201);
  expect((await api.call('GET', `${SERVERS}/full/tools`, { credential })).status).toBeGreaterThan(499);
  const secrets = { headers: { 'X-A': 'a' } };
  const place = `${SERVERS}/calculator/credentials`;
  expect((await api.call('PUT', `${place}/${id}`, { credential, body: secrets })).status).toBe(200);
  const shown = [
    'full/processes',
    'full/health',
    'calculator/health',
    'calculator/credentials',
    'calculator/unapproved',
  ];
  const usage = '/api/v1/usage?by=key,server,tool,hour';
  for (const path of [...shown.map((one) => `${SERVERS}/${one}`), `/api/v1/keys/${id}`, '/api/v1/tools', usage])
    expect((await api.call('GET', path, { credential })).status).toBe(200);
}
