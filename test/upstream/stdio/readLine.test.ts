import { expect, test } from 'vitest';
import { LineSplitter } from '../../../src/upstream/stdio/lines.ts';
import type { ReadMessage } from '../../../src/upstream/duplex/readMessages.ts';
import { readLine } from '../../../src/upstream/stdio/readLine.ts';

/** Reads an output that comes in pieces. */
async function read(pieces: (string | Buffer)[], maxBytes = 1_000): Promise<ReadMessage[]> {
  const lines = new LineSplitter(maxBytes);
  const all: ReadMessage[] = [];
  for (const piece of pieces) {
    for (const line of lines.push(Buffer.from(piece))) {
      all.push(...(await readLine({ server: 'odd', secrets: [] }, line, maxBytes)));
    }
  }
  return all;
}

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

test.each([
  [[`${PING}\n`]],
  [[`${PING}\r\n`]],
  [[PING.slice(0, 9), PING.slice(9), '\n']],
  [[...`${PING}\n`]],
  [[`\ufeff${PING}\n`]],
])('a message is read from %j', async (pieces) => {
  expect(await read(pieces)).toMatchObject([
    { as: 'message', message: { kind: 'request', request: { method: 'ping' } } },
  ]);
});

test('a character that is divided between pieces is whole', async () => {
  const bytes = Buffer.from('{"jsonrpc":"2.0","method":"ü"}\n');
  const at = bytes.indexOf(0xc3) + 1;
  const [line] = await read([bytes.subarray(0, at), bytes.subarray(at)]);
  expect(line).toMatchObject({ message: { notification: { method: 'ü' } } });
});

test('a line of megabytes is whole, and the pieces that it came in hold no memory', async () => {
  const lines = new LineSplitter(20_000_000);
  const message = (id: number) => `{"jsonrpc":"2.0","id":${String(id)},"result":{"t":"${'ü'.repeat(2_000_000)}"}}`;
  const output = Buffer.from(`${message(1)}\n${PING}\n${message(2)}\n`);
  const pieces: Buffer[] = [];
  for (let at = 0; at < output.length; at += 65_536) {
    const piece = Buffer.allocUnsafeSlow(Math.min(65_536, output.length - at));
    output.copy(piece, 0, at);
    pieces.push(piece);
  }
  const found: (Buffer | Promise<Buffer>)[] = [];
  for (const piece of pieces) for (const line of lines.push(piece)) if ('bytes' in line) found.push(line.bytes);
  const read: string[] = [];
  for (const bytes of found) read.push(String(await bytes));
  expect(read.map((text) => [text.length, text.includes('\ufffd')])).toEqual([
    [message(1).length, false],
    [PING.length, false],
    [message(2).length, false],
  ]);
  expect(pieces.filter((piece) => piece.length > 0).length).toBeLessThanOrEqual(3);
});

test('what nothing ends is no line', async () => {
  expect(await read([`${PING}\n${PING}`])).toHaveLength(1);
});

test('a batch is its messages', async () => {
  expect((await read([`[${PING},${PING}]\n`])).map(({ as }) => as)).toEqual(['message', 'message']);
});

test.each([
  ['Server started', 'noise'],
  ['  ', 'blank'],
  ['{"broken', 'noise'],
  ['{"jsonrpc":"1.0","method":"x"}', 'unusable'],
  ['12', 'noise'],
])('%j is %s', async (text, as) => {
  expect(await read([`${text}\n`])).toMatchObject([{ as }]);
});

test.each([
  ['an answer that is no JSON-RPC', '{"jsonrpc":"2.0","id":5,"result":"text"}', false],
  ['an answer that is no JSON', '{"jsonrpc":"2.0","result":{"n":NaN},"id":5}', false],
  ['an answer that is not UTF-8', Buffer.from('{"jsonrpc":"2.0","result":{"t":"\xff"},"id":5}', 'latin1'), false],
  ['an answer that is too long', `{"jsonrpc":"2.0","result":{"t":"${'x'.repeat(2_000)}"},"id":5}`, true],
  [
    'an answer that nests too deep',
    `{"jsonrpc":"2.0","result":{"t":${'['.repeat(1_100)}${']'.repeat(1_100)}},"id":5}`,
    true,
  ],
])('%s tells whom it would have answered', async (_what, line, tooLarge) => {
  const [read1, after] = await read(
    [line, '\n', `${PING}\n`],
    tooLarge && !String(line).includes('[[') ? 1_000 : 10_000,
  );
  expect(read1).toMatchObject({ as: 'unusable', tooLarge, responses: [{ id: 5 }] });
  expect(after).toMatchObject({ as: 'message' });
});
