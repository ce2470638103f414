import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../examples/listen.ts';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { officialClients, type TestClient } from './clients.ts';

describe.each(officialClients)('backendServer1 with $sdk', ({ version, connect }) => {
  let server: RunningServer;
  let connection: TestClient;

  beforeAll(async () => {
    server = await startBackendServer1();
    connection = await connect(server.url);
  });
  afterAll(async () => {
    await connection[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('speaks the era of the client', () => {
    expect(connection.protocolVersion).toBe(version);
    expect(connection.client.getServerVersion()).toEqual({ name: 'backendServer1', version: '1.0.0' });
  });

  test('lists its tools with the schemas of what they take and give', async () => {
    const { tools } = await connection.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['echo', 'add', 'subtract', 'multiply', 'divide']);
    const divide = tools.find(({ name }) => name === 'divide');
    expect(divide?.inputSchema).toMatchObject({ type: 'object', required: ['a', 'b'] });
    expect(divide?.outputSchema).toMatchObject({ properties: { result: { type: 'number' } }, required: ['result'] });
  });

  test('echoes any text, as text and as structured content', async () => {
    const message = 'line one\nline two: "quotes", ümläut, 👋';
    const result = await connection.callTool('echo', { message });
    expect(result.structuredContent).toEqual({ message });
    expect(result.content).toEqual([{ type: 'text', text: message }]);
  });

  test.each([
    ['add', 0.5, 0.25, 0.75],
    ['subtract', 1, 3, -2],
    ['multiply', -4, 2.5, -10],
    ['divide', 7, 2, 3.5],
  ])('calculates %s(%d, %d) = %d', async (name, a, b, result) => {
    expect((await connection.callTool(name, { a, b })).structuredContent).toEqual({ result });
  });

  test.each([
    ['divide', { a: 1, b: 0 }, 'Division by zero: b must not be 0.'],
    ['multiply', { a: 1e308, b: 10 }, '1e+308 × 10 is too large for a number.'],
    ['add', { a: 'one', b: 2 }, expect.stringContaining('expected number, received string')],
  ])('answers %s(%j) with a tool error that says why', async (name, args, text) => {
    const result = await connection.callTool(name, args);
    expect(result).toMatchObject({ isError: true, content: [{ type: 'text', text }] });
    expect(result.structuredContent).toBeUndefined();
  });
});

describe('the HTTP endpoint', () => {
  test('is at /mcp and nowhere else', async () => {
    await using server = await startBackendServer1();
    expect((await fetch(new URL('/other', server.url))).status).toBe(404);
  });

  test('refuses requests from a web page of another origin', async () => {
    await using server = await startBackendServer1();
    const response = await fetch(server.url, { method: 'POST', headers: { origin: 'https://evil.example.com' } });
    expect(response.status).toBe(403);
  });

  test('is closed once the server is disposed of', async () => {
    const server = await startBackendServer1();
    await server[Symbol.asyncDispose]();
    await expect(fetch(server.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test('closes although a client never finishes its request', async () => {
    const server = await startBackendServer1();
    const socket = createConnection(Number(new URL(server.url).port), '127.0.0.1');
    socket.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await server[Symbol.asyncDispose]();
    await closed;
  });

  test('refuses a port that is taken', async () => {
    await using server = await startBackendServer1();
    const port = Number(new URL(server.url).port);
    await expect(startBackendServer1({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
