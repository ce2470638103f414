import { connect } from 'node:net';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answerOn,
  chunked,
  JSON_TYPE,
  LAST_CHUNK,
  MAX_BYTES,
  OK,
  startBodyServer,
  type BodyServer,
} from './bodyServer.ts';

// The bytes of a request body: how many it may have, and what becomes of one that never arrives as a whole.

let api: BodyServer;
beforeAll(async () => {
  api = await startBodyServer();
});
afterAll(() => api[Symbol.asyncDispose]());

const textOf = (bytes: number): string => `"${'x'.repeat(bytes - 2)}"`;
const TOO_LARGE = { status: 413, code: 'body-too-large' };

describe('the bytes of a body', () => {
  it('are as many as the route allows, and no more, declared or not [http-413-bounded]', async () => {
    for (const [path, max] of [
      ['/anyone', 4_096],
      ['/keys', MAX_BYTES],
    ] as const) {
      expect(await api.send(path, textOf(max))).toMatchObject(OK);
      expect(await api.sendChunks(path, [textOf(max)])).toMatchObject(OK);
      expect(api.received.slice(-2)).toEqual(Array(2).fill('x'.repeat(max - 2)));
      expect(await api.send(path, textOf(max + 1))).toMatchObject(TOO_LARGE);
      expect(await api.sendChunks(path, [textOf(max + 1)])).toMatchObject(TOO_LARGE);
    }
  });

  it.each(['4097', '2147483648', '4294967296', '4294967297', '9007199254740993'])(
    'are refused as soon as their number is declared: %s [http-413-bounded]',
    async (length) => {
      expect(await answerOn(api.open('/anyone', [JSON_TYPE, `Content-Length: ${length}`]))).toMatchObject(TOO_LARGE);
    },
  );

  it.each([1, 100, 4_095])(
    'are refused as soon as they are too many, in pieces of %i, though more are to come [http-413-bounded]',
    async (size) => {
      const socket = api.open('/anyone', [JSON_TYPE, 'Transfer-Encoding: chunked']);
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
      expect(await api.sendChunks('/keys', at < bytes.length ? [...pieces, bytes.subarray(at)] : pieces)).toMatchObject(
        OK,
      );
      expect(api.received.at(-1)).toBe(JSON.parse(text));
    },
  );

  it('may come one by one', async () => {
    const bytes = Buffer.from('{"a":["ä€😀",1.5]}');
    expect(
      await api.sendChunks(
        '/anyone',
        [...bytes].map((byte) => Buffer.of(byte)),
      ),
    ).toMatchObject(OK);
    expect(api.received.at(-1)).toEqual({ a: ['ä€😀', 1.5] });
  });

  it('may be none, and then need no type', async () => {
    expect(await api.send('/keys', '', [])).toMatchObject(OK);
    expect(await api.sendChunks('/keys', [])).toMatchObject(OK);
    expect(api.received.slice(-2)).toEqual([undefined, undefined]);
  });

  it.each(['GET', 'POST', 'PUT', 'DELETE'])('are read of a %s', async (method) => {
    expect(await api.send('/keys', `["${method}"]`, [JSON_TYPE], method)).toMatchObject(OK);
    expect(api.received.at(-1)).toEqual([method]);
  });
});

describe('a body that never arrives as a whole', () => {
  it.each([
    ['declared', 'Content-Length: 100'],
    ['in chunks', 'Transfer-Encoding: chunked'],
  ])('is no bug, %s, and its room is given back', async (_how, framing) => {
    const before = api.received.length;
    api.refusals.length = 0;
    const socket = api.open('/keys', [JSON_TYPE, framing]);
    socket.write(framing.startsWith('Content') ? '{"a":1' : chunked(['{"a":1']));
    await expect.poll(() => api.register.bodyBytes).toBeGreaterThan(0);
    socket.destroy();
    await expect.poll(() => api.refusals).toEqual(['body-incomplete']);
    await expect.poll(() => api.register.bodyBytes).toBe(0);
    expect(api.received).toHaveLength(before);
  });
});

describe('the room of a key', () => {
  it('is taken by the bytes that have come, small as their pieces may be', async () => {
    const socket = api.open('/keys', [JSON_TYPE, 'Transfer-Encoding: chunked']);
    socket.write(chunked(['1', ...Array.from({ length: 499 }, () => ' ')]));
    await expect.poll(() => api.register.bodyBytes).toBe(500);
    socket.write(LAST_CHUNK);
    expect(await answerOn(socket)).toMatchObject(OK);
    await expect.poll(() => api.register.bodyBytes).toBe(0);
  });

  it('is not exceeded by bodies that wait, and is given back', async () => {
    const waiting = api.open('/keys', [JSON_TYPE, `Content-Length: ${MAX_BYTES}`]);
    waiting.write(textOf(MAX_BYTES).slice(0, -1));
    await expect.poll(() => api.register.bodyBytes).toBe(MAX_BYTES - 1);
    expect(await api.send('/keys', textOf(MAX_BYTES))).toMatchObject({ status: 429, code: 'too-many-bodies' });
    expect(await api.sendChunks('/keys', [textOf(MAX_BYTES)])).toMatchObject({ status: 429, code: 'too-many-bodies' });
    waiting.write('"');
    expect(await answerOn(waiting)).toMatchObject(OK);
    await expect.poll(() => api.register.bodyBytes).toBe(0);
    expect(await api.send('/keys', textOf(MAX_BYTES))).toMatchObject(OK);
  });

  it('is not touched by a body without a good credential, which is not waited for', async () => {
    const stranger = connect(api.port, '127.0.0.1');
    stranger.write(`POST /keys HTTP/1.1\r\nHost: x\r\n${JSON_TYPE}\r\nContent-Length: 100\r\n\r\n{`);
    expect(await answerOn(stranger)).toMatchObject({ status: 401, code: 'key-invalid' });
  });
});
