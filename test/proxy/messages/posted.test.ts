import { expect, test } from 'vitest';
import { stringifyLossless } from '../../../src/mcp/losslessJson.ts';
import { readPosted } from '../../../src/proxy/messages/posted.ts';

test('every digit of what a client sends stays [aggregate-bytes]', () => {
  const text = '{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":9007199254740993,"b":1.10,"c":1e400}}';
  expect(stringifyLossless(readPosted(Buffer.from(text)))).toContain(
    '"params":{"a":9007199254740993,"b":1.10,"c":1e400}',
  );
});

test('a body of very many values does not pay for the text of each number [ops-hostile-costs]', () => {
  const many = `9007199254740993${',0'.repeat(100_001)}`;
  expect(
    stringifyLossless(readPosted(Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[${many}]}}`))),
  ).toContain('[9007199254740992,0,');
});
