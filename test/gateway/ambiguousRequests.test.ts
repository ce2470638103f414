import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

let gateway: TestGateway;
let apiKey: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  ({ apiKey } = await gateway.createKey());
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Sends bytes as they are and reads until the connection ends, or until an answer is whole. */
async function send(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    const length = /content-length: (\d+)/i.exec(text)?.[1];
    const head = text.indexOf('\r\n\r\n');
    if (length !== undefined && head !== -1 && text.length - head - 4 >= Number(length)) break;
  }
  return text;
}

const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;
const HOST = 'Host: localhost';
const PLACES = ['/mcp/files', '/api/v1/mcp/servers'];

describe.each(PLACES)('a request to %s that two readers would read in two ways is a 400 that says so', (path) => {
  const start = `GET ${path} HTTP/1.1`;
  it.each([
    [
      'two credentials',
      () => lines(start, HOST, `Authorization: Bearer ${apiKey}`, 'Authorization: Bearer x'),
      'header-repeated',
    ],
    ['two keys', () => lines(start, HOST, `X-API-Key: ${apiKey}`, 'X-API-Key: x'), 'header-repeated'],
    [
      'a key and another token',
      () => lines(start, HOST, `X-API-Key: ${apiKey}`, 'Authorization: Bearer x'),
      'credential-ambiguous',
    ],
    ['two hosts', () => lines(start, HOST, 'Host: evil.example'), 'header-repeated'],
    [
      'two origins',
      () => lines(start, HOST, 'Origin: http://localhost', 'Origin: http://evil.example'),
      'header-repeated',
    ],
    ['two sessions', () => lines(start, HOST, 'Mcp-Session-Id: a', 'Mcp-Session-Id: b'), 'header-repeated'],
    [
      'two revisions',
      () => lines(start, HOST, 'MCP-Protocol-Version: 2025-06-18', 'MCP-Protocol-Version: 2025-11-25'),
      'header-repeated',
    ],
    ['no host', () => lines(start, 'Accept: */*'), 'host-missing'],
    [
      'the target of another host',
      () => lines(`GET http://evil.example${path} HTTP/1.1`, HOST),
      'request-target-invalid',
    ],
    ['two lengths', () => lines(start, HOST, 'Content-Length: 1', 'Content-Length: 2'), 'request-malformed'],
    [
      'a length and chunks',
      () => lines(start, HOST, 'Content-Length: 1', 'Transfer-Encoding: chunked'),
      'request-malformed',
    ],
    [
      'an encoding besides chunked',
      () => `${lines(start, HOST, 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
      'transfer-encoding-unsupported',
    ],
    ['a folded header', () => lines(start, HOST, 'X: a', ' b'), 'request-malformed'],
    ['a space before the colon', () => lines(start, HOST, 'X : a'), 'request-malformed'],
  ])('%s [front-single-headers]', async (_name, request, code) => {
    const answer = await send(request());
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain(`"${code}"`);
    expect(answer.toLowerCase()).toContain('cache-control: no-store');
    expect(answer).not.toContain(apiKey);
  });

  it('one in the absolute form is served, since it names our host', async () => {
    const absolute = `GET http://localhost${path} HTTP/1.1`;
    const answer = await send(lines(absolute, HOST, `Authorization: Bearer ${apiKey}`, 'Accept: text/event-stream'));
    // There is no such server, and there are no servers.
    expect(answer).toMatch(path === PLACES[0] ? /"server-not-found"/ : /^HTTP\/1\.1 200 /);
  });
});

it.each([
  ['CONNECT evil.example:443 HTTP/1.1', 405, 'method-not-allowed'],
  ['PRI * HTTP/2.0', 400, 'request-malformed'],
  [`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, 431, 'headers-too-large'],
])('%.20s… is answered with a clear %s', async (request, status, code) => {
  const answer = await send(lines(request, HOST));
  expect(answer).toContain(`HTTP/1.1 ${status} `);
  expect(answer).toContain(`"${code}"`);
});

it('a client that asks for a tunnel and resets its connection ends nothing', async () => {
  const { hostname: host, port } = new URL(gateway.url);
  const reset = async (): Promise<void> => {
    const socket = connect({ host, port: Number(port) });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(lines('CONNECT a:1 HTTP/1.1', HOST), () => socket.resetAndDestroy());
    await once(socket, 'close');
  };
  // An error that nobody listens to would end this process, too.
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 20 }, reset));
  expect(await send(lines('GET /health/live HTTP/1.1', HOST))).toMatch(/^HTTP\/1\.1 200 /);
});

it('an Upgrade that the gateway does not know is ignored, as HTTP wants it', async () => {
  const upgrade = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'];
  expect(await send(lines('GET /health/live HTTP/1.1', HOST, ...upgrade))).toMatch(/^HTTP\/1\.1 200 /);
});

it('a client that waits for 100 Continue gets it when its turn has come', async () => {
  const body = '{"api_key":"x"}';
  const head = ['POST /api/v1/auth/token HTTP/1.1', HOST, 'Content-Type: application/json', 'Expect: 100-continue'];
  const answer = await send(lines(...head, `Content-Length: ${body.length}`) + body);
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 401 /);
});
