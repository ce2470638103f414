import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRequestHead, readTarget } from '../../src/front/requestHead.ts';

let seen: { code: string; url: string | undefined; version: unknown } | undefined;
const server = createServer({ requireHostHeader: false }, (req: IncomingMessage, res) => {
  let code = 'ok';
  try {
    readTarget(req);
    checkRequestHead(req);
  } catch (error) {
    code = (error as { code: string }).code;
  }
  seen = { code, url: req.url, version: req.headers['mcp-protocol-version'] };
  res.end();
});
beforeAll(async () => {
  server.maxHeadersCount = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function send(request: string, ...headers: string[]) {
  seen = undefined;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(`${request}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`);
  await once(socket, 'data');
  socket.destroy();
  return seen as { code: string; url: string | undefined; version: unknown } | undefined;
}

const HOST = 'Host: localhost';
const GET = 'GET /mcp/a HTTP/1.1';

describe('a header that a request has once at most', () => {
  it.each([
    ['Authorization: Bearer a', 'authorization: Bearer b'],
    ['Authorization: Bearer a', 'Authorization: Bearer a'],
    ['X-API-Key: a', 'x-api-key: b'],
    ['X-Api-Key: a', 'X-API-KEY: a'],
    ['Host: evil.example', 'X: y'],
    ['hOST: localhost', 'X: y'],
    ['Origin: http://a', 'Origin: http://b'],
    ['Mcp-Session-Id: a', 'mcp-session-id: a'],
    ['Mcp-Method: a', 'Mcp-Method: b'],
    ['Mcp-Name: a', 'Mcp-Name: b'],
    ['Mcp-Param-Region: a', 'mcp-param-region: b'],
    ['Content-Type: application/json', 'Content-Type: text/plain'],
    ['Content-Encoding: identity', 'Content-Encoding: gzip'],
    ['Last-Event-ID: 1', 'Last-Event-ID: 2'],
    ['MCP-Protocol-Version: 2025-11-25', 'MCP-Protocol-Version: 2025-06-18'],
    ['MCP-Protocol-Version: 2025-11-25, 2025-06-18', 'X: y'],
    ['MCP-Protocol-Version: 2025-11-25, 2025-11-25', 'mcp-protocol-version: 2025-11-2'],
  ])('is refused when it comes again: %s, %s [front-single-headers]', async (one, other) => {
    expect(await send(GET, HOST, one, 'Accept: */*', other)).toMatchObject({ code: 'header-repeated' });
  });

  it('MCP-Protocol-Version may repeat its value, and then counts as one [front-single-headers]', async () => {
    const version = 'MCP-Protocol-Version: 2025-11-25';
    for (const lines of [
      [version, 'mcp-protocol-version: 2025-11-25', version],
      [`${version}, 2025-11-25`],
      [`${version} ,\t2025-11-25`, version],
      [`${version},`],
    ]) {
      expect(await send(GET, HOST, ...lines)).toEqual({ code: 'ok', url: '/mcp/a', version: '2025-11-25' });
    }
  });

  it.each(['2025-11-25, 2025-11-25', '2025-11-25,2025-11-25,2025-11-25', '2025-11-25,'])(
    'MCP-Protocol-Version is one when a proxy has made one line of several: %s [front-single-headers]',
    async (list) => {
      const line = `MCP-Protocol-Version: ${list}`;
      for (const lines of [[line], [line, 'MCP-Protocol-Version: 2025-11-25']]) {
        expect(await send(GET, HOST, ...lines)).toEqual({ code: 'ok', url: '/mcp/a', version: '2025-11-25' });
      }
    },
  );

  it('MCP-Protocol-Version is refused when one line has two values [front-single-headers]', async () => {
    const line = 'MCP-Protocol-Version: 2025-11-25, 2025-06-18';
    expect(await send(GET, HOST, line)).toMatchObject({ code: 'header-repeated' });
  });

  it('lists may come in parts, and unknown headers as they like [front-single-headers]', async () => {
    const lines = [
      'Accept: application/json',
      'Accept: text/event-stream',
      'X-A: 1',
      'X-A: 2',
      '__proto__: a',
      'Cookie: a=b',
      'Cookie: c=d',
    ];
    expect(await send(GET, HOST, ...lines)).toMatchObject({ code: 'ok' });
  });
});

describe('the target and the host', () => {
  it.each([
    ['GET http://localhost/mcp/a?b HTTP/1.1', 'ok', '/mcp/a?b'],
    ['GET HTTP://LOCALHOST HTTP/1.1', 'ok', '/'],
    ['GET https://localhost?x HTTP/1.1', 'ok', '/?x'],
    ['OPTIONS * HTTP/1.1', 'ok', '*'],
    ['GET http://evil.example/mcp/a HTTP/1.1', 'request-target-invalid', 'http://evil.example/mcp/a'],
    ['GET http://localhost:81/ HTTP/1.1', 'request-target-invalid', 'http://localhost:81/'],
    ['GET http://a@localhost/ HTTP/1.1', 'request-target-invalid', 'http://a@localhost/'],
    ['GET http://[/ HTTP/1.1', 'request-target-invalid', 'http://[/'],
    ['GET ftp://localhost/ HTTP/1.1', 'request-target-invalid', 'ftp://localhost/'],
  ])('%s is %s', async (line, code, url) => {
    expect(await send(line, HOST)).toMatchObject({ code, url });
  });

  it('a request of HTTP/1.1 has a Host; one of HTTP/1.0 need not [front-single-headers]', async () => {
    expect(await send(GET, 'Accept: */*')).toMatchObject({ code: 'host-missing' });
    expect(await send('GET / HTTP/1.0', 'Accept: */*')).toMatchObject({ code: 'ok' });
  });
});

it.each(['gzip, chunked', 'x, chunked'])('the Transfer-Encoding %s is refused', async (encoding) => {
  expect(await send('POST / HTTP/1.1', HOST, `Transfer-Encoding: ${encoding}`, '', '0', '')).toMatchObject({
    code: 'transfer-encoding-unsupported',
  });
});

it('more headers than anyone sends are refused, and none is dropped unseen', async () => {
  const many = Array.from({ length: 2_500 }, (_, n) => `${n.toString(36)}:`);
  expect(await send(GET, HOST, ...many)).toMatchObject({ code: 'headers-too-large' });
  expect(await send(GET, HOST, ...many.slice(0, 100))).toMatchObject({ code: 'ok' });
});
