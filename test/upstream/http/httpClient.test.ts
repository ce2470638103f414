import { fc, test as property } from '@fast-check/vitest';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connections } from '../../../src/upstream/http/connections.ts';
import { ask, openClient, openOracle, RawServer, type Script } from './rawAnswers.ts';

let server: RawServer;
beforeAll(async () => (server = await RawServer.start()));
afterAll(() => server[Symbol.asyncDispose]());

/** Has both clients read the same answer, and then ask again. */
async function compare(script: Script) {
  server.script = script;
  const ours = openClient(server.origin);
  const oracle = openOracle(server.origin);
  try {
    const [read, known] = [await ask(ours, '/first'), await ask(oracle, '/first')];
    return { read, known, isKept: ours.freed() > 0 && !('error' in (await ask(ours, '/second'))) };
  } finally {
    await Promise.all([ours.destroy(), oracle.destroy()]);
  }
}

const ok = (fields: string, rest = '') => `HTTP/1.1 200 OK\r\n${fields}\r\n${rest}`;

describe('an answer of a server that is [proxy-http-strict]', () => {
  it.each<[string, string]>([
    ['of another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['of another major version', 'HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['without a status', 'HTTP/1.1 OK\r\ncontent-length: 0\r\n\r\n'],
    ['of a status with four digits', 'HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n'],
    ['with two lengths that differ', ok('content-length: 2\r\ncontent-length: 3\r\n', 'abc')],
    ['with the same length twice', ok('content-length: 3\r\nContent-Length: 3\r\n', 'abc')],
    ['with a list of lengths', ok('content-length: 3, 3\r\n', 'abc')],
    ['with a signed length', ok('content-length: +3\r\n', 'abc')],
    ['with a length that is too large to count', ok('content-length: 99999999999999999999\r\n', 'abc')],
    ['with an empty length', ok('content-length:\r\n', 'abc')],
    ['with a length beside a transfer coding', ok('content-length: 3\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n')],
    ['with an unknown transfer coding', ok('transfer-encoding: xchunked\r\n', '0\r\n\r\n')],
    ['of HTTP/1.0 with a transfer coding', ok('transfer-encoding: chunked\r\n', '0\r\n\r\n').replace('1.1', '1.0')],
    [
      'with an interim answer that has a length',
      `HTTP/1.1 103 Early\r\ncontent-length: 1\r\n\r\n${ok('content-length: 0\r\n')}`,
    ],
    ['with two transfer codings', ok('transfer-encoding: gzip, chunked\r\n', '0\r\n\r\n')],
    ['with a line that goes on with the one before', ok('x-one: a\r\n b: c\r\ncontent-length: 0\r\n')],
    ['with white space before the colon', ok('content-length : 0\r\n')],
    ['with a field without a colon', ok('content-length\r\n')],
    ['with a field without a name', ok(': 1\r\n')],
    ['with a line feed alone in a field', ok('x-one: a\nb: c\r\ncontent-length: 0\r\n')],
    ['with a carriage return alone in a field', ok('x-one: a\rb: c\r\ncontent-length: 0\r\n')],
    ['with a zero byte in a field', ok('x-one: a\0b\r\ncontent-length: 0\r\n')],
    ['in chunks with a signed size', ok('transfer-encoding: chunked\r\n', '+3\r\nabc\r\n0\r\n\r\n')],
    ['in chunks with a size that is too large', ok('transfer-encoding: chunked\r\n', 'fffffffffffffffff\r\nabc')],
    ['in chunks with an empty size', ok('transfer-encoding: chunked\r\n', '\r\nabc\r\n0\r\n\r\n')],
    ['in chunks that are longer than they tell', ok('transfer-encoding: chunked\r\n', '3\r\nabcd\r\n0\r\n\r\n')],
    ['in chunks with an extension without a name', ok('transfer-encoding: chunked\r\n', '3;\r\nabc\r\n0\r\n\r\n')],
    ['in chunks with white space behind a size', ok('transfer-encoding: chunked\r\n', '3 ;a\r\nabc\r\n0\r\n\r\n')],
    ['in chunks with line feeds alone', ok('transfer-encoding: chunked\r\n', '3\nabc\n0\n\n')],
    ['in chunks with a trailer that is none', ok('transfer-encoding: chunked\r\n', '0\r\nno trailer\r\n\r\n')],
    ['shorter than its length', ok('content-length: 4\r\n', 'abc')],
    ['without its last chunk', ok('transfer-encoding: chunked\r\n', '3\r\nabc\r\n')],
    ['a change of protocol', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    ['an invitation to go on that nobody asked for', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['a head that is too large', ok(`x-large: ${'a'.repeat(17_000)}\r\ncontent-length: 0\r\n`)],
    ['a head of many small fields', ok(`${'a: b\r\n'.repeat(3_000)}content-length: 0\r\n`)],
    [
      'in chunks whose trailers are too large',
      ok('transfer-encoding: chunked\r\n', `0\r\n${'a: b\r\n'.repeat(5_000)}\r\n`),
    ],
    [
      'in chunks whose extensions are too large',
      ok('transfer-encoding: chunked\r\n', `${`1;${'e'.repeat(9_000)}\r\nx\r\n`.repeat(9)}0\r\n\r\n`),
    ],
    ['after more than enough interim ones', `${'HTTP/1.1 103 Early\r\n\r\n'.repeat(33)}${ok('content-length: 0\r\n')}`],
  ])('%s is refused', async (_what, answer) => {
    server.script = { pieces: [answer], ends: true };
    const client = openClient(server.origin);
    expect(await ask(client, '/first')).toHaveProperty('error');
    await client.destroy();
  });
});

describe('a connection', () => {
  const clean = ok('content-length: 1\r\n', 'a');
  it.each<[string, Script]>([
    ['that brought more than the answer', { pieces: [clean + clean], ends: false }],
    [
      'that brought content with a status that has none',
      { pieces: ['HTTP/1.1 204 No\r\ncontent-length: 1\r\n\r\na'], ends: false },
    ],
    [
      'that the server closes by its word',
      { pieces: [ok('connection: close\r\ncontent-length: 1\r\n', 'a')], ends: false },
    ],
    ['of HTTP/1.0', { pieces: [clean.replace('1.1', '1.0')], ends: false }],
    [
      'that the server keeps for no time',
      { pieces: [ok('keep-alive: timeout=1\r\ncontent-length: 1\r\n', 'a')], ends: false },
    ],
  ])('%s is not used again [proxy-http-strict]', async (_what, script) => {
    const { read, known, isKept } = await compare(script);
    expect(read).toEqual(known);
    expect(isKept).toBe(false);
  });

  it('on which something comes while nobody asks is not used again, and the next request gets its own answer [proxy-http-strict]', async () => {
    server.script = { pieces: [clean], ends: false };
    const connections = new Connections(server.origin, { connectMs: 5_000, idleMs: 5_000 });
    await ask(connections, '/first');
    const used = server.sockets.at(-1);
    const closed = once(used ?? server.sockets[0]!, 'close');
    used?.write(ok('content-length: 8\r\n', 'stranger'));
    const answers = Promise.all([ask(connections, '/second'), closed]);
    expect((await answers)[0]).toMatchObject({ body: `socket ${server.sockets.length % 10}` });
    await connections.destroy();
  });

  it('that is reset ends an answer without a length', async () => {
    server.script = { pieces: [ok('content-type: text/plain\r\n', 'abc')], ends: false };
    const client = openClient(server.origin);
    const answer = ask(client, '/first', () => server.sockets.at(-1)?.resetAndDestroy());
    expect(await answer).toMatchObject({ status: 200, body: 'abc' });
    await client.destroy();
  });

  it.each([
    [
      'the next one can be sent',
      (controller: Dispatcher.DispatchController) => setImmediate(() => controller.resume()),
    ],
    ['the handler goes on at once', (controller: Dispatcher.DispatchController) => controller.resume()],
  ])('brings no more than its reader takes, and all of it, where %s', async (_when, goOn) => {
    const piece = 'x'.repeat(64 * 1024);
    server.script = {
      pieces: [ok(`content-length: ${64 * piece.length}\r\n`), ...Array<string>(64).fill(piece)],
      ends: false,
    };
    const client = openClient(server.origin);
    const { promise, resolve } = Promise.withResolvers<number>();
    let bytes = 0;
    client.dispatch(
      { path: '/first', method: 'GET' },
      {
        onResponseData(controller, chunk) {
          bytes += chunk.length;
          controller.pause();
          goOn(controller);
        },
        onResponseEnd: () => resolve(bytes),
        onResponseError: () => resolve(-1),
      },
    );
    expect(await promise).toBe(64 * piece.length);
    await client.destroy();
  });

  it('that waits for its reader is not taken for silent, and one whose server is silent is cut', async () => {
    server.script = { pieces: [ok('content-length: 2\r\n', 'a')], ends: false };
    const client = openClient(server.origin);
    const { promise, resolve } = Promise.withResolvers<Error>();
    const timeouts = { headersTimeout: 20, bodyTimeout: 20 };
    let pausedMs = 0;
    client.dispatch(
      { path: '/first', method: 'GET', ...timeouts },
      {
        onResponseData(controller) {
          const since = performance.now();
          controller.pause();
          setTimeout(() => {
            pausedMs = performance.now() - since;
            controller.resume();
          }, 100);
        },
        onResponseEnd: () => undefined,
        onResponseError: (_controller, error) => resolve(error),
      },
    );
    expect(await promise).toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
    expect(pausedMs).toBeGreaterThan(0);
    await client.destroy();
  });

  it('takes no request whose answer has its length in another way, or whose content is not there', async () => {
    const client = openClient(server.origin);
    const refused = (request: Partial<Dispatcher.DispatchOptions>) =>
      new Promise((resolve) => {
        const handler = { onResponseError: (_controller: unknown, error: Error) => resolve(error) };
        client.dispatch({ path: '/first', method: 'POST', ...request }, handler);
      });
    const code = { code: 'UND_ERR_INVALID_ARG' };
    expect(await refused({ method: 'HEAD' })).toMatchObject(code);
    expect(await refused({ body: Readable.from(['a']) })).toMatchObject(code);
    for (const name of ['Transfer-Encoding', 'Content-Length', 'Host', 'Connection'])
      expect(await refused({ headers: [name, '1'] })).toMatchObject(code);
    expect(await refused({ headers: ['x-one', 'a\r\nx-two: b'] })).toMatchObject(code);
    expect(await refused({ path: '/a HTTP/1.1\r\nx: y' })).toMatchObject(code);
    await client.destroy();
  });
});

/** Cuts a text in pieces at any places. */
const inPieces = (text: string): fc.Arbitrary<string[]> =>
  fc
    .uniqueArray(fc.nat({ max: text.length }), { maxLength: 4 })
    .map((cuts) => [0, ...cuts.sort((a, b) => a - b), text.length])
    .map((cuts) => cuts.slice(1).map((to, at) => text.slice(cuts[at], to)))
    .map((pieces) => pieces.filter((piece) => piece !== ''));

const field = fc.tuple(
  fc.constantFrom('x-one', 'X-One', 'content-type', 'set-cookie', '__proto__', 'mcp-session-id'),
  fc.constantFrom('', ':'),
  fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\t', '"', ';', 'é'), maxLength: 8 }),
);
const fields = fc
  .array(field, { maxLength: 4 })
  .map((all) => all.map(([name, , value]) => `${name}: ${value.trim()}\r\n`).join(''));
const content = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', ':'), maxLength: 20 });
const extension = fc.constantFrom('', '', ';a', ';a=b;c', ';a="b;\\"c"');
const chunks = fc
  .array(fc.tuple(content, extension), { maxLength: 4 })
  .map((all) => all.filter(([text]) => text !== ''))
  .map((all) => all.map(([text, ext]) => `${text.length.toString(16)}${ext}\r\n${text}\r\n`))
  .map((all) => `${all.join('')}0\r\n\r\n`);
const status = fc.constantFrom('200 OK', '202 Accepted', '404 Not Found', '500', '299 ');
const valid = fc.oneof(
  fc.tuple(status, fields, content).map(([s, f, c]) => `HTTP/1.1 ${s}\r\n${f}content-length: ${c.length}\r\n\r\n${c}`),
  fc.tuple(status, fields, chunks).map(([s, f, c]) => `HTTP/1.1 ${s}\r\n${f}Transfer-Encoding: Chunked\r\n\r\n${c}`),
  fc.tuple(fields).map(([f]) => `HTTP/1.1 103 Early\r\n${f}\r\nHTTP/1.1 204 No\r\n${f}\r\n`),
);

/** Strange parts that are put anywhere. */
const ODD = [
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  ':',
  ';',
  '=',
  '"',
  ',',
  '0',
  '1',
  'f',
  '-',
  '\0',
  'content-length: 1\r\n',
  'HTTP/1.1 200 OK\r\n',
];
const hostile = fc
  .tuple(
    valid,
    fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 2 }), fc.constantFrom(...ODD)), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([text, changes]) =>
    changes.reduce((all, [at, taken, put]) => `${all.slice(0, at)}${put}${all.slice(at + taken)}`, text),
  );

describe('our client and undici’s', () => {
  const latin1 = (pieces: readonly string[]) => pieces.map((piece) => Buffer.from(piece, 'latin1'));

  property.prop([valid.chain(inPieces)], { numRuns: 150 })(
    'understand the same of what is right, in whatever pieces it comes, and use the connection again [proxy-http-strict]',
    async (pieces) => {
      const { read, known, isKept } = await compare({ pieces: latin1(pieces), ends: false });
      expect(read).toEqual(known);
      expect(read).not.toHaveProperty('error');
      expect(isKept).toBe(true);
    },
  );

  property.prop([hostile.chain(inPieces)], { numRuns: 300 })(
    'understand the same of what is wrong, where ours does not refuse it [proxy-http-strict]',
    async (pieces) => {
      const { read, known } = await compare({ pieces: latin1(pieces), ends: true });
      if (!('error' in read)) expect(read).toEqual(known);
    },
  );
});
