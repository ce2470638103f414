import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import type { Answer, ApiRequest, Route } from '../../src/api/route.ts';
import { createCallRegister } from '../../src/calls/callRegister.ts';
import type { AppError } from '../../src/errors/appError.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { MemoryKeys, MemoryServers } from '../calls/memory.ts';
import { createInvalidationsByHand } from '../live/invalidationsByHand.ts';

// How a request body is read: what it may be, how large, and what becomes of one that never arrives as a whole.

const MAX_BYTES = 100_000;
/** A key's room for bodies that are under way. */
const ROOM_BYTES = 150_000;

const keys = new MemoryKeys();
const logger = createLogger('silent');
const register = createCallRegister({
  invalidations: createInvalidationsByHand().invalidations,
  keys,
  servers: new MemoryServers(),
  clock: Date.now,
  steadyClock: Date.now,
  logger,
  limits: { maxBodyBytesPerKey: ROOM_BYTES },
});
const refusals: string[] = [];
const received: unknown[] = [];

const take = ({ body }: ApiRequest): Promise<Answer> => {
  received.push(body);
  return Promise.resolve({ body: { read: body === undefined ? 'nothing' : 'a body' } });
};
const routes: readonly Route[] = [
  { method: 'post', path: '/anyone', access: 'public', handle: take },
  ...(['get', 'post', 'put', 'delete'] as const).map((method): Route => ({
    method,
    path: '/keys',
    access: 'mcp',
    maxBody: 'configured',
    handle: take,
  })),
  { method: 'post', path: '/foreign', access: 'mcp', maxBody: 'configured', foreign: 'arguments', handle: take },
];
const server = createServer(
  createApi({
    routes,
    authenticate: keys.authenticate,
    register,
    clock: Date.now,
    logger,
    version: '0',
    maxBodyBytes: MAX_BYTES,
    checkHost: () => undefined,
    onRefused: (_req: IncomingMessage, error: AppError) => refusals.push(error.code),
  }),
);

beforeAll(async () => {
  keys.add('key');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await register[Symbol.asyncDispose]();
});

interface Answered {
  readonly status: number;
  readonly code: string | undefined;
  readonly head: string;
}

const JSON_TYPE = 'Content-Type: application/json';
const chunked = (pieces: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat(
    pieces
      .map(Buffer.from)
      .flatMap((piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
  );
const LAST_CHUNK = '0\r\n\r\n';

function open(path: string, headers: readonly string[], method = 'POST'): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write([`${method} ${path} HTTP/1.1`, 'Host: x', 'X-API-Key: key', ...headers, '', ''].join('\r\n'));
  return socket;
}

async function answerOn(socket: Socket): Promise<Answered> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (/\r\n\r\n.*\}/s.test(text)) break;
  }
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const { code } = JSON.parse(body) as { code?: string };
  return { status: Number(head.split(' ')[1]), code, head };
}

/** Sends a body with its length. */
async function send(path: string, body: Buffer | string, headers: readonly string[] = [JSON_TYPE], method?: string) {
  const bytes = Buffer.from(body);
  const socket = open(path, [...headers, `Content-Length: ${bytes.length}`], method);
  socket.write(bytes);
  return await answerOn(socket);
}

async function sendChunks(path: string, pieces: readonly (Buffer | string)[]) {
  const socket = open(path, [JSON_TYPE, 'Transfer-Encoding: chunked']);
  socket.write(Buffer.concat([chunked(pieces), Buffer.from(LAST_CHUNK)]));
  return await answerOn(socket);
}

const textOf = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;
const OK = { status: 200, code: undefined };
const TOO_LARGE = { status: 413, code: 'body-too-large' };
const MALFORMED = { status: 400, code: 'json-malformed' };

describe('the bytes of a body', () => {
  it('are as many as the route allows, and no more, declared or not [http-413-bounded]', async () => {
    for (const [path, max] of [
      ['/anyone', 4_096],
      ['/keys', MAX_BYTES],
    ] as const) {
      expect(await send(path, textOf(max))).toMatchObject(OK);
      expect(await sendChunks(path, [textOf(max)])).toMatchObject(OK);
      expect(received.slice(-2)).toEqual(Array(2).fill('x'.repeat(max - 2)));
      expect(await send(path, textOf(max + 1))).toMatchObject(TOO_LARGE);
      expect(await sendChunks(path, [textOf(max + 1)])).toMatchObject(TOO_LARGE);
    }
  });

  it.each(['4097', '2147483648', '4294967296', '4294967297', '9007199254740993'])(
    'are refused as soon as their number is declared: %s [http-413-bounded]',
    async (length) => {
      expect(await answerOn(open('/anyone', [JSON_TYPE, `Content-Length: ${length}`]))).toMatchObject(TOO_LARGE);
    },
  );

  it.each([1, 100, 4_095])(
    'are refused as soon as they are too many, in pieces of %i, though more are to come [http-413-bounded]',
    async (size) => {
      const socket = open('/anyone', [JSON_TYPE, 'Transfer-Encoding: chunked']);
      const pieces = Array.from({ length: Math.floor(4_096 / size) }, () => Buffer.alloc(size, ' '));
      socket.write(chunked([...pieces, Buffer.alloc(4_097 - size * pieces.length, ' ')]));
      expect(await answerOn(socket)).toMatchObject(TOO_LARGE);
    },
  );

  test.prop([fc.array(fc.integer({ min: 1, max: 9_000 }), { maxLength: 30 })], { numRuns: 30 })(
    'arrive as they were sent, whatever the pieces',
    async (sizes) => {
      const text = `"${'ä€😀x'.repeat(3_000)}"`;
      const bytes = Buffer.from(text);
      let at = 0;
      const pieces = sizes.flatMap((size) => (at < bytes.length ? [bytes.subarray(at, (at += size))] : []));
      expect(await sendChunks('/keys', at < bytes.length ? [...pieces, bytes.subarray(at)] : pieces)).toMatchObject(OK);
      expect(received.at(-1)).toBe(JSON.parse(text));
    },
  );

  it('may come one by one', async () => {
    const bytes = Buffer.from('{"a":["ä€😀",1.5]}');
    expect(
      await sendChunks(
        '/anyone',
        [...bytes].map((byte) => Buffer.of(byte)),
      ),
    ).toMatchObject(OK);
    expect(received.at(-1)).toEqual({ a: ['ä€😀', 1.5] });
  });

  it('may be none, and then need no type', async () => {
    expect(await send('/keys', '', [])).toMatchObject(OK);
    expect(await sendChunks('/keys', [])).toMatchObject(OK);
    expect(received.slice(-2)).toEqual([undefined, undefined]);
  });

  it.each(['GET', 'POST', 'PUT', 'DELETE'])('are read of a %s', async (method) => {
    expect(await send('/keys', `["${method}"]`, [JSON_TYPE], method)).toMatchObject(OK);
    expect(received.at(-1)).toEqual([method]);
  });
});

describe('a body that never arrives as a whole', () => {
  it.each([
    ['declared', 'Content-Length: 100'],
    ['in chunks', 'Transfer-Encoding: chunked'],
  ])('is no bug, %s, and its room is given back', async (_how, framing) => {
    const before = received.length;
    refusals.length = 0;
    const socket = open('/keys', [JSON_TYPE, framing]);
    socket.write(framing.startsWith('Content') ? '{"a":1' : chunked(['{"a":1']));
    await expect.poll(() => register.bodyBytes).toBeGreaterThan(0);
    socket.destroy();
    await expect.poll(() => refusals).toEqual(['body-incomplete']);
    await expect.poll(() => register.bodyBytes).toBe(0);
    expect(received).toHaveLength(before);
  });
});

describe('the room of a key', () => {
  it('is taken by the bytes that have come, small as their pieces may be', async () => {
    const socket = open('/keys', [JSON_TYPE, 'Transfer-Encoding: chunked']);
    socket.write(chunked(['1', ...Array.from({ length: 499 }, () => ' ')]));
    await expect.poll(() => register.bodyBytes).toBe(500);
    socket.write(LAST_CHUNK);
    expect(await answerOn(socket)).toMatchObject(OK);
    await expect.poll(() => register.bodyBytes).toBe(0);
  });

  it('is not exceeded by bodies that wait, and is given back', async () => {
    const waiting = open('/keys', [JSON_TYPE, `Content-Length: ${MAX_BYTES}`]);
    waiting.write(textOf(MAX_BYTES).slice(0, -1));
    await expect.poll(() => register.bodyBytes).toBe(MAX_BYTES - 1);
    expect(await send('/keys', textOf(MAX_BYTES))).toMatchObject({ status: 429, code: 'too-many-bodies' });
    expect(await sendChunks('/keys', [textOf(MAX_BYTES)])).toMatchObject({ status: 429, code: 'too-many-bodies' });
    waiting.write('"');
    expect(await answerOn(waiting)).toMatchObject(OK);
    await expect.poll(() => register.bodyBytes).toBe(0);
    expect(await send('/keys', textOf(MAX_BYTES))).toMatchObject(OK);
  });

  it('is not touched by a body without a good credential, which is not waited for', async () => {
    const stranger = connect((server.address() as AddressInfo).port, '127.0.0.1');
    stranger.write(`POST /keys HTTP/1.1\r\nHost: x\r\n${JSON_TYPE}\r\nContent-Length: 100\r\n\r\n{`);
    expect(await answerOn(stranger)).toMatchObject({ status: 401, code: 'key-invalid' });
  });
});

describe('a body is JSON in UTF-8', () => {
  it.each([
    'application/json',
    'Application/JSON;charset=utf-8',
    'application/json; charset="UTF-8"',
    'application/vnd.acme+json',
  ])('and %s says so', async (type) => {
    expect(await send('/keys', '{}', [`Content-Type: ${type}`])).toMatchObject(OK);
  });

  it.each([
    ['text/plain', '{}'],
    ['application/x-www-form-urlencoded', 'a=1'],
    [
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n--b--',
    ],
    ['application/octet-stream', '{}'],
    ['application/json-patch', '{}'],
    ['', '{}'],
  ])('and %s does not [http-415-json-only]', async (type, body) => {
    const before = received.length;
    expect(await send('/keys', body, type === '' ? [] : [`Content-Type: ${type}`])).toMatchObject({
      status: 415,
      code: 'content-type-unsupported',
    });
    expect(received).toHaveLength(before);
  });

  it.each(['iso-8859-1', 'utf-16le', '"utf-16"'])(
    'and the charset %s is another [http-415-json-only]',
    async (charset) => {
      expect(await send('/keys', '{}', [`Content-Type: application/json; charset=${charset}`])).toMatchObject({
        status: 415,
        code: 'content-type-unsupported',
      });
    },
  );

  it.each([
    ['gzip', gzipSync('{}')],
    ['x-gzip', gzipSync('{}')],
    ['deflate', deflateSync('{}')],
    ['br', brotliCompressSync('{}')],
    ['gzip, identity', gzipSync('{}')],
    ['nonsense', Buffer.from('{}')],
  ])('and not compressed: %s [http-415-json-only]', async (encoding, bytes) => {
    const answer = await send('/keys', bytes, [JSON_TYPE, `Content-Encoding: ${encoding}`]);
    expect(answer).toMatchObject({ status: 415, code: 'content-encoding-unsupported' });
    expect(answer.head).toMatch(/^accept-encoding: identity$/im);
  });

  it('and one that says that it is not compressed is read', async () => {
    expect(await send('/keys', '{}', [JSON_TYPE, 'Content-Encoding: Identity'])).toMatchObject(OK);
  });

  it.each([
    ['a Latin letter', '"\xe4"'],
    ['an overlong slash', '"\xc0\xaf"'],
    ['half a surrogate pair', '"\xed\xa0\x80"'],
    ['beyond Unicode', '"\xf5\x80\x80\x80"'],
    ['cut off', '"\xe2\x82"'],
    ['nothing but that', '\xff'],
  ])('so that a byte of another encoding is refused: %s', async (_what, bytes) => {
    expect(await send('/keys', Buffer.from(bytes, 'latin1'))).toMatchObject(MALFORMED);
    expect(
      await sendChunks(
        '/keys',
        [...bytes].map((byte) => Buffer.from(byte, 'latin1')),
      ),
    ).toMatchObject(MALFORMED);
  });

  it.each(['{', ' ', '{"a":1}}', "{'a':1}", 'undefined', '{"a":NaN}', '{} x'])(
    'so that %s is refused',
    async (body) => {
      expect(await send('/keys', body)).toMatchObject(MALFORMED);
    },
  );

  it.each(['null', '0', '"x"', '[]', '{"__proto__":1}', '\uFEFF{}'])('and %s is JSON', async (body) => {
    expect(await send('/keys', body)).toMatchObject(OK);
    expect(received.at(-1)).toEqual(JSON.parse(body.replace('\uFEFF', '')));
  });

  it('whose numbers keep their text where they are a tool’s, and whose members are there once where they are ours', async () => {
    const body = '{"arguments":{"n":9007199254740993,"m":[1.10,-0],"a":1,"a":2}}';
    expect(await send('/foreign', body)).toMatchObject(OK);
    expect(JSON.stringify(received.at(-1))).toBe('{"arguments":{"n":9007199254740993,"m":[1.10,-0],"a":2}}');
    expect(await send('/keys', '{"a":1,"a":2}')).toMatchObject({ status: 400, code: 'request-invalid' });
  });

  it('that nests no deeper than anybody writes', async () => {
    expect(await send('/keys', '['.repeat(1_001) + ']'.repeat(1_001))).toMatchObject({
      status: 400,
      code: 'json-too-deep',
    });
  });
});
