import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunningServer } from '../../examples/listen.ts';
import { startBackendServer2 } from '../../examples/backendServer2/server.ts';
import { officialClients, type TestClient } from './clients.ts';

const planetNames = ['Mercury', 'Venus', 'Earth', 'Mars', 'Jupiter', 'Saturn', 'Uranus', 'Neptune'];

describe.each(officialClients)('backendServer2 with $sdk', ({ version, connect }) => {
  let server: RunningServer;
  let connection: TestClient;

  beforeAll(async () => {
    server = await startBackendServer2();
    connection = await connect(server.url);
  });
  afterAll(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  async function logbook(): Promise<string> {
    const { contents } = await connection.client.readResource({ uri: 'planets://logbook' });
    return contents.map((content) => ('text' in content ? content.text : '')).join('');
  }

  test('speaks the era of the client', () => {
    expect(connection.protocolVersion).toBe(version);
  });

  test('lists its resources, and one for each planet', async () => {
    const { resources } = await connection.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      'planets://guide',
      'planets://logbook',
      'planets://icon',
      ...planetNames.map((name) => `planets://planet/${name}`),
    ]);
  });

  test('gives a text resource', async () => {
    const { contents } = await connection.client.readResource({ uri: 'planets://guide' });
    expect(contents).toEqual([
      { uri: 'planets://guide', mimeType: 'text/markdown', text: expect.stringMatching(/^# Planets\n\n- Mercury\n/) },
    ]);
  });

  test('gives a binary resource, byte for byte', async () => {
    const { contents } = await connection.client.readResource({ uri: 'planets://icon' });
    const file = await readFile(new URL('../../examples/backendServer2/icon.png', import.meta.url));
    expect(contents).toEqual([{ uri: 'planets://icon', mimeType: 'image/png', blob: file.toString('base64') }]);
  });

  test('lists its template and fills it in', async () => {
    const { resourceTemplates } = await connection.client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['planets://planet/{name}']);

    const { contents } = await connection.client.readResource({ uri: 'planets://planet/Jupiter' });
    const text = JSON.stringify({ name: 'Jupiter', distanceAu: 5.2, radiusKm: 69_911 });
    expect(contents).toEqual([{ uri: 'planets://planet/Jupiter', mimeType: 'application/json', text }]);
  });

  test('says that a resource is not there', async () => {
    const uri = 'planets://planet/Pluto';
    await expect(connection.client.readResource({ uri })).rejects.toMatchObject({
      message: expect.stringContaining('Pluto is not a planet.'),
      code: -32602,
    });
  });

  test.each([
    ['a template', { type: 'ref/resource', uri: 'planets://planet/{name}' }, 'name'],
    ['a prompt', { type: 'ref/prompt', name: 'compare_planets' }, 'second'],
  ] as const)('completes an argument of %s', async (_of, ref, name) => {
    const { completion } = await connection.client.complete({ ref, argument: { name, value: 'm' } });
    expect(completion.values).toEqual(['Mercury', 'Mars']);
  });

  test('lists its prompt and fills it in', async () => {
    const { prompts } = await connection.client.listPrompts();
    expect(prompts).toMatchObject([
      {
        name: 'compare_planets',
        arguments: [
          { name: 'first', required: true },
          { name: 'second', required: true },
        ],
      },
    ]);
    const { messages } = await connection.client.getPrompt({
      name: 'compare_planets',
      arguments: { first: 'Earth', second: 'Venus' },
    });
    const text = 'Compare Earth with Venus in three short sentences.';
    expect(messages).toEqual([{ role: 'user', content: { type: 'text', text } }]);
  });

  test('refuses a prompt without its arguments', async () => {
    const prompt = connection.client.getPrompt({ name: 'compare_planets', arguments: { first: 'Earth' } });
    await expect(prompt).rejects.toMatchObject({ code: -32602 });
  });

  test('reports each step of a tour, in order and before the result', async () => {
    const steps: string[] = [];
    const result = await connection.callTool(
      'grand_tour',
      { ship: 'Steps', pauseMs: 1 },
      { onprogress: ({ progress, total, message }) => steps.push(`${progress}/${total} ${message}`) },
    );
    expect(steps).toEqual(planetNames.map((name, index) => `${index + 1}/8 Passing ${name}`));
    expect(result.structuredContent).toEqual({ visited: planetNames });
    expect(await logbook()).toContain('Steps: passed all 8 planets');
  });

  test('takes a tour for a caller that wants no progress', async () => {
    const result = await connection.callTool('grand_tour', { ship: 'Silent', pauseMs: 0 });
    expect(result.structuredContent).toEqual({ visited: planetNames });
  });

  test('turns back when the caller cancels', async () => {
    const cancel = new AbortController();
    const tour = connection.callTool(
      'grand_tour',
      { ship: 'Cancelled', pauseMs: 500 },
      { onprogress: () => cancel.abort(), signal: cancel.signal },
    );
    await expect(tour).rejects.toThrow();
    await vi.waitFor(async () => expect(await logbook()).toMatch(/Cancelled: turned back after \d of 8/), 10_000);
    expect(await logbook()).not.toContain('Cancelled: passed all');
  });
});

describe('the sessions of the legacy era', () => {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

  async function initialize(url: string): Promise<string> {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    const response = await fetch(url, { method: 'POST', headers, body });
    await response.text();
    return response.headers.get('mcp-session-id') ?? '';
  }

  async function statusOf(url: string, session: string): Promise<number> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' });
    const response = await fetch(url, { method: 'POST', headers: { ...headers, 'mcp-session-id': session }, body });
    await response.text();
    return response.status;
  }

  test('end with DELETE', async () => {
    await using server = await startBackendServer2();
    const session = await initialize(server.url);
    expect(await statusOf(server.url, session)).toBe(200);
    await fetch(server.url, { method: 'DELETE', headers: { 'mcp-session-id': session } });
    expect(await statusOf(server.url, session)).toBe(404);
  });

  test('are bounded: those unused for longest give way', async () => {
    await using server = await startBackendServer2();
    const used = await initialize(server.url);
    const unused = [await initialize(server.url), await initialize(server.url)];
    for (let count = 0; count < 197; count++) await initialize(server.url);
    expect(await statusOf(server.url, used)).toBe(200);
    for (let count = 0; count < 2; count++) await initialize(server.url);
    for (const session of unused) expect(await statusOf(server.url, session)).toBe(404);
    expect(await statusOf(server.url, used)).toBe(200);
  });
});
