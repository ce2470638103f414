import { fc, test } from '@fast-check/vitest';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect } from 'vitest';
import { createFront, type Front } from '../../src/front/front.ts';
import { Http1Request } from '../../src/front/http1/http1Request.ts';
import { frontLimits } from '../../src/front/limits.ts';
import { createLogger } from '../../src/logging/logger.ts';

/** A request as who serves it sees it. */
interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly version: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const RUNS = Number(process.env['ALIKE_RUNS'] ?? 500);

/** Of the connection under way, in the order in which they were served. */
let seen: Promise<Seen | undefined>[] = [];
/** How many were read without Node's parser. */
let plain = 0;
let front: Front;

function serve(req: IncomingMessage, res: ServerResponse): void {
  const { method, url, httpVersion: version, rawHeaders, headers } = req;
  if (req instanceof Http1Request) plain += 1;
  const body = text(req).catch(() => undefined);
  seen.push(
    body.then((whole) =>
      whole === undefined ? undefined : { method, url, version, rawHeaders, headers: { ...headers }, body: whole },
    ),
  );
  void body.then(() => res.writeHead(200, { 'content-length': 2 }).end('ok'));
}

beforeAll(async () => {
  front = createFront({
    serve,
    limits: frontLimits(),
    clock: () => performance.now(),
    logger: createLogger('silent'),
  });
  front.server.listen(0, '127.0.0.1');
  await once(front.server, 'listening');
});

afterAll(() => {
  front.closeAll();
  front.server.close();
  front[Symbol.dispose]();
});

/** From the first request on that is not plain, a connection is Node's. */
const NODES = 'POST /nodes HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
const LAST = 'GET /last HTTP/1.1\r\nConnection: close\r\n\r\n';

const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: odd });

const usualMethod = fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS');
const usualTarget = fc.constantFrom('/', '/mcp/files', '/a?b=c&d=%20', "/~x/(y);z='!*,@:+$");
const usualName = fc.constantFrom(
  'Host',
  'accept',
  'X-A',
  'x-a',
  'Authorization',
  'Cookie',
  'Set-Cookie',
  'Keep-Alive',
  "!#$%&'*+-.^_`|~09",
);
const usualValue = fc.constantFrom('localhost', 'a, b', '  padded\t ', '', 'a\tb', '"quoted"; q=1', ':');
const usualLength = fc.constantFrom('Content-Length: 3', 'content-length:3', 'CONTENT-LENGTH: \t3 ');

const method = mostly(
  usualMethod,
  fc.constantFrom('get', 'QUERY', 'CONNECT', 'PRI', 'P OST', '', 'TRACE', '\x00GET', 'GET\t', ' GET', '\r\nGET'),
);
const target = mostly(
  usualTarget,
  fc.constantFrom('*', 'http://a/b', '/a#b', '/a b', '/ä', '/"<>\\^`{|}', '', '//', '/\x7f', '/\r', 'a'),
);
const version = mostly(
  fc.constant('HTTP/1.1'),
  fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.1 ', 'HTTP/1.11', ''),
);
const lineEnd = mostly(fc.constant('\r\n'), fc.constantFrom('\n', '\r', '\r\r\n', ' \r\n', '\r\n ', '\r\n\t'));
const name = mostly(
  usualName,
  fc.constantFrom('', 'A B', 'Host ', ' Host', 'ä', 'a\x00', '__proto__', 'constructor', 'Trailer', 'TE', 'a"', '('),
);
const value = mostly(
  usualValue,
  fc.constantFrom('ü', '\x00', 'a\rb', 'a\nb', '\x7f', '\x01', ' \t ', 'x'.repeat(17_000), '\x80', '\x0b'),
);
const field = fc.tuple(name, value).map(([of, what]) => `${of}:${what}`);
const framing = mostly<readonly string[]>(
  fc.constant([]),
  fc
    .constantFrom(
      'Connection: keep-alive',
      'Connection: Keep-Alive',
      'Connection: close',
      'Connection: CLOSE',
      'connection: keep-alive, x',
      'Connection:',
      'Connection: upgrade',
      'Upgrade: websocket',
      'Proxy-Connection: close',
      'Transfer-Encoding: identity',
      'Transfer-Encoding : chunked',
      'Expect: 200-ok',
      'Expect: 100-continue',
      'Content-Length: 0',
      'no colon',
    )
    .map((line) => [line]),
);
const length = mostly(
  usualLength,
  fc.constantFrom(
    'Content-Length: +3',
    'Content-Length: 03',
    'Content-Length: 3, 3',
    'Content-Length: 3\r\nContent-Length: 3',
    'Content-Length: 3\r\ncontent-length: 4',
    'Content-Length: 0x3',
    'Content-Length: -3',
    'Content-Length: 3.0',
    'Content-Length: 3 3',
    'Content-Length : 3',
    'Content-Length: 3\r\nTransfer-Encoding: chunked',
  ),
);
/** What follows the other fields: those that tell of the body, and the body. */
interface Content {
  readonly lines: readonly string[];
  readonly bytes: string;
}

const body = fc.constantFrom('abc', '\r\n\r', 'GET', '\x00\xff\n');
const content: fc.Arbitrary<Content> = fc.oneof(
  fc.constant({ lines: [], bytes: '' }),
  fc.tuple(length, body).map(([line, bytes]) => ({ lines: [line], bytes })),
  mostly<Content>(
    fc.tuple(usualLength, body).map(([line, bytes]) => ({ lines: [line], bytes })),
    fc.constant({ lines: ['Transfer-Encoding: chunked'], bytes: '3\r\nabc\r\n0\r\n\r\n' }),
  ),
);

const anyRequest = fc
  .tuple(method, target, version, lineEnd, fc.array(field, { maxLength: 4 }), framing, content)
  .map(([verb, path, of, end, fields, more, { lines, bytes }]) => {
    return `${[`${verb} ${path} ${of}`, ...fields, ...more, ...lines].join(end)}\r\n\r\n${bytes}`;
  });

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 });

/** Cuts bytes at some places. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b), bytes.length];
  return ends.map((end, n) => bytes.subarray(ends[n - 1] ?? 0, end)).filter((piece) => piece.length > 0);
}

function open(): Socket {
  const { port } = front.server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  seen = [];
  return socket;
}

/** Sends pieces one after the other, and tells what was served once the connection is over. */
async function served(socket: Socket, pieces: readonly Buffer[]): Promise<Seen[]> {
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  return (await Promise.all(seen)).filter((one) => one !== undefined);
}

async function nodesSocket(): Promise<Socket> {
  const socket = open();
  socket.write(NODES);
  await once(socket, 'data');
  seen = [];
  return socket;
}

test.prop([anyRequest, places], { numRuns: RUNS })(
  'any bytes are served as they are where Node reads them [front-http1]',
  async (request, at) => {
    const pieces = [...cut(Buffer.from(request, 'latin1'), at), Buffer.from(LAST)];
    const before = plain;
    const ours = await served(open(), pieces);
    const read = plain - before;
    expect(ours).toEqual(await served(await nodesSocket(), pieces));
    expect(plain - before - read).toBe(0);
  },
);

const usualRequest = fc
  .tuple(
    usualMethod,
    usualTarget,
    fc.array(fc.tuple(usualName, usualValue), { maxLength: 4 }),
    fc.oneof(fc.constant(''), body, fc.constant('y'.repeat(100_000))),
  )
  .map(([verb, url, fields, bytes]) => ({ verb, url, fields, bytes }));

test.prop([fc.array(usualRequest, { minLength: 1, maxLength: 5 }), places], { numRuns: RUNS / 5 })(
  'plain requests are read one behind the other, wherever bodies and the stream are cut [front-http1]',
  async (requests, at) => {
    const texts = requests.map(({ verb, url, fields, bytes }) => {
      const lines = fields.map(([of, what]) => `${of}:${what}\r\n`).join('');
      return `${verb} ${url} HTTP/1.1\r\n${lines}Content-Length: ${bytes.length}\r\n\r\n${bytes}`;
    });
    const pieces = [...cut(Buffer.from(texts.join(''), 'latin1'), at), Buffer.from(LAST)];
    const got = (await served(open(), pieces)).slice(0, -1);
    expect(got.map(({ method: verb, url, body: bytes }) => [verb, url, bytes])).toEqual(
      requests.map(({ verb, url, bytes }) => [verb, url, Buffer.from(bytes, 'latin1').toString()]),
    );
    expect(got.map(({ rawHeaders }) => rawHeaders.slice(0, -2))).toEqual(
      requests.map(({ fields }) => fields.flatMap(([of, what]) => [of, what.trim()])),
    );
  },
);

test('and most of them were read without Node’s parser [front-http1]', () => {
  expect(plain).toBeGreaterThan(RUNS / 3);
});
