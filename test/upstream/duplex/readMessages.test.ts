import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { readMessages } from '../../../src/upstream/duplex/readMessages.ts';

const LABEL = { server: 'odd', secrets: [] };
const LONG = 'x'.repeat(300_000);

async function readOne(text: string | Buffer) {
  const [read, ...others] = await readMessages(LABEL, Buffer.from(text as string));
  expect(others).toEqual([]);
  if (read?.as !== 'message' || read.message.kind !== 'response') return read;
  const { response } = read.message;
  const { resultBytes } = read.message as { resultBytes?: Buffer };
  return { response: { ...response }, resultBytes: resultBytes?.toString() };
}

describe('a large response', () => {
  property.prop([fc.oneof(fc.string(), fc.integer()), fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean()])(
    'is read as a small one is, and its result is at hand as bytes',
    async (id, members, isFirst) => {
      const result = JSON.stringify({ ...members, long: LONG });
      const parts = [`"result": ${result}`, `"id":${JSON.stringify(id)}`, '"jsonrpc":"2.0"'];
      const text = `{${(isFirst ? parts : parts.reverse()).join(' , ')}}`;
      const read = await readOne(text);
      expect(read).toMatchObject({ resultBytes: expect.stringMatching(/^\{/) as string });
      expect(read).toEqual({
        response: { jsonrpc: '2.0', id, result: JSON.parse(result) as unknown },
        resultBytes: read && 'resultBytes' in read ? read.resultBytes : '',
      });
      expect((read as { resultBytes: string }).resultBytes.trim()).toBe(result);
    },
  );

  test.each<[string, string]>([
    ['with line ends between its values', `{"jsonrpc":"2.0","id":1,"result":{"a":\r1,"long":"${LONG}"}}`],
    ['with a byte order mark', `\ufeff{"jsonrpc":"2.0","id":1,"result":{"a":1,"long":"${LONG}"}}`],
    ['with a large member beside the result', `{"jsonrpc":"2.0","id":1,"result":{"a":1},"other":"${LONG}"}`],
    ['with two results', `{"jsonrpc":"2.0","id":1,"result":{"long":"${LONG}"},"result":{"a":1}}`],
  ])('%s is parsed', async (_what, text) => {
    const read = await readOne(text);
    expect(read).toMatchObject({ response: { id: 1, result: { a: 1 } }, resultBytes: undefined });
  });

  test.each<[string, string | Buffer]>([
    ['of another version', `{"jsonrpc":"1.0","id":1,"result":{"long":"${LONG}"}}`],
    ['with a list for a result', `{"jsonrpc":"2.0","id":1,"result":["${LONG}"]}`],
    ['that is not UTF-8', Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"long":"\xff${LONG}"}}`, 'latin1')],
    [
      'that nests too deeply',
      `{"jsonrpc":"2.0","id":1,"result":{"a":${'['.repeat(2_000)}${']'.repeat(2_000)},"long":"${LONG}"}}`,
    ],
  ])('%s can’t be used', async (_what, text) => {
    expect(await readOne(text)).toMatchObject({ as: 'unusable', responses: [{ id: 1, isError: false }] });
  });

  test('whose result is no JSON is found out by who reads the result', async () => {
    const [read] = await readMessages(
      LABEL,
      Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"a":NaN,"long":"${LONG}"}}`),
    );
    const response = read?.as === 'message' && read.message.kind === 'response' ? read.message.response : undefined;
    expect(() => response && 'result' in response && response.result).toThrow('sent something that is not JSON');
  });

  test('keeps the digits of its numbers', async () => {
    const n = '12345678901234567890';
    const read = await readOne(`{"jsonrpc":"2.0","id":1,"result":{"n":${n},"long":"${LONG}"}}`);
    expect(JSON.stringify(read)).toContain(`"n":${n}`);
  });
});

test('a large notification, error or batch is what it is', async () => {
  const kinds = async (text: string) =>
    (await readMessages(LABEL, Buffer.from(text))).map((read) => (read.as === 'message' ? read.message.kind : read.as));
  expect(await kinds(`{"jsonrpc":"2.0","method":"m","params":{"result":"${LONG}"}}`)).toEqual(['notification']);
  expect(await kinds(`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"${LONG}"}}`)).toEqual(['response']);
  expect(await kinds(`[{"jsonrpc":"2.0","id":1,"result":{"a":"${LONG}"}}]`)).toEqual(['response']);
});
