import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JSON_TYPE, OK, startBodyServer, type BodyServer } from './bodyServer.ts';

// What a request body may be: its type, its coding, its JSON.

let api: BodyServer;
beforeAll(async () => {
  api = await startBodyServer();
});
afterAll(() => api[Symbol.asyncDispose]());

const MALFORMED = { status: 400, code: 'json-malformed' };

describe('a body is JSON in UTF-8', () => {
  it.each([
    'application/json',
    'Application/JSON;charset=utf-8',
    'application/json; charset="UTF-8"',
    'application/vnd.acme+json',
  ])('and %s says so', async (type) => {
    expect(await api.send('/keys', '{}', [`Content-Type: ${type}`])).toMatchObject(OK);
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
    const before = api.received.length;
    expect(await api.send('/keys', body, type === '' ? [] : [`Content-Type: ${type}`])).toMatchObject({
      status: 415,
      code: 'content-type-unsupported',
    });
    expect(api.received).toHaveLength(before);
  });

  it.each(['iso-8859-1', 'utf-16le', '"utf-16"'])(
    'and the charset %s is another [http-415-json-only]',
    async (charset) => {
      expect(await api.send('/keys', '{}', [`Content-Type: application/json; charset=${charset}`])).toMatchObject({
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
    const answer = await api.send('/keys', bytes, [JSON_TYPE, `Content-Encoding: ${encoding}`]);
    expect(answer).toMatchObject({ status: 415, code: 'content-encoding-unsupported' });
    expect(answer.head).toMatch(/^accept-encoding: identity$/im);
  });

  it('and one that says that it is not compressed is read', async () => {
    expect(await api.send('/keys', '{}', [JSON_TYPE, 'Content-Encoding: Identity'])).toMatchObject(OK);
  });

  it.each([
    ['a Latin letter', '"\xe4"'],
    ['an overlong slash', '"\xc0\xaf"'],
    ['half a surrogate pair', '"\xed\xa0\x80"'],
    ['beyond Unicode', '"\xf5\x80\x80\x80"'],
    ['cut off', '"\xe2\x82"'],
    ['nothing but that', '\xff'],
  ])('so that a byte of another encoding is refused: %s', async (_what, bytes) => {
    expect(await api.send('/keys', Buffer.from(bytes, 'latin1'))).toMatchObject(MALFORMED);
    expect(
      await api.sendChunks(
        '/keys',
        [...bytes].map((byte) => Buffer.from(byte, 'latin1')),
      ),
    ).toMatchObject(MALFORMED);
  });

  it.each(['{', ' ', '{"a":1}}', "{'a':1}", 'undefined', '{"a":NaN}', '{} x'])(
    'so that %s is refused',
    async (body) => {
      expect(await api.send('/keys', body)).toMatchObject(MALFORMED);
    },
  );

  it.each(['null', '0', '"x"', '[]', '{"__proto__":1}', '\uFEFF{}'])('and %s is JSON', async (body) => {
    expect(await api.send('/keys', body)).toMatchObject(OK);
    expect(api.received.at(-1)).toEqual(JSON.parse(body.replace('\uFEFF', '')));
  });

  it('whose numbers keep their text where they are a tool’s, and whose members are there once where they are ours', async () => {
    const body = '{"arguments":{"n":9007199254740993,"m":[1.10,-0],"a":1,"a":2}}';
    expect(await api.send('/foreign', body)).toMatchObject(OK);
    expect(JSON.stringify(api.received.at(-1))).toBe('{"arguments":{"n":9007199254740993,"m":[1.10,-0],"a":2}}');
    expect(await api.send('/keys', '{"a":1,"a":2}')).toMatchObject({ status: 400, code: 'request-invalid' });
  });

  it('that nests no deeper than anybody writes', async () => {
    expect(await api.send('/keys', '['.repeat(1_001) + ']'.repeat(1_001))).toMatchObject({
      status: 400,
      code: 'json-too-deep',
    });
  });
});
