import { afterAll, expect, test } from 'vitest';
import { DEFAULT_TIMEOUTS } from '../../../src/events/mcpServer.ts';
import { listTools } from '../../../src/upstream/catalogue.ts';
import type { StdioUpstream } from '../../../src/upstream/stdio/openStdio.ts';
import { failure } from '../support/connect.ts';
import { ask, createPrograms, openOdd } from './oddWorld.ts';

const programs = createPrograms();
/** Its bound for lines is small. One serves all tests: no line spoils it for the next. */
const opening = openOdd(programs, 'writes', { settings: { messageBytes: 1_000_000 } });
afterAll(() => programs[Symbol.asyncDispose]());

const ANSWER = '{"jsonrpc":"2.0","id":ID,"result":{"n":1}}\n';
const write = async (text: string) => ask(await opening, 'write', { text });
const serves = async (upstream: StdioUpstream) => expect((await listTools(upstream)).items).toHaveLength(1);

test.each<[string, string]>([
  ['twice', `${ANSWER}${ANSWER.replace('1}', '2}')}`],
  [
    'behind answers to nobody',
    `{"jsonrpc":"2.0","id":"x","result":{}}\n{"jsonrpc":"2.0","id":1,"result":{}}\n${ANSWER}`,
  ],
  ['with its id as a text', ANSWER.replace('ID', '"ID"')],
  ['with its id as a fraction', ANSWER.replace('ID', 'ID.0')],
  ['behind a NUL character', `\0\n\0x\n${ANSWER}`],
  ['behind bytes that are no text', `\xff\xfe\x80\n{"\xff":1}\n${ANSWER}`],
  ['behind deep nesting', `${'['.repeat(100_000)}\n${'{"a":'.repeat(100_000)}\n${ANSWER}`],
  ['behind half a message', `{"jsonrpc":"2.0","id":\n${ANSWER}`],
  ['behind lines of all kinds', `\r\n\n \t\n0\n"x"\nnull\n[]\n[[]]\n{}\n[{},null]\n${ANSWER}`],
  [
    'with members of a prototype',
    `{"__proto__":{"error":{"code":1,"message":""}},"constructor":{"id":2},${ANSWER.slice(1)}`,
  ],
  [
    'behind a request with numbers that no double holds',
    `{"jsonrpc":"2.0","id":1e400,"method":"ping"}\n{"jsonrpc":"2.0","id":-0,"method":"ping"}\n${ANSWER}`,
  ],
  [
    'behind a progress of nobody',
    `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"__proto__","progress":1}}\n${ANSWER}`,
  ],
  [
    'behind a cancellation of nobody',
    `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"toString"}}\n${ANSWER}`,
  ],
  ['behind a line that is too long', `{"jsonrpc":"2.0","method":"${'x'.repeat(1_100_000)}"}\n${ANSWER}`],
])('an answer that comes %s is the answer', async (_what, text) => {
  expect(await write(text)).toEqual({ n: 1 });
  await serves(await opening);
});

test('numbers that no double holds keep their digits', async () => {
  const n = '123456789012345678901234567890';
  expect(JSON.stringify(await write(ANSWER.replace('1}', `${n}}`)))).toBe(`{"n":${n}}`);
});

test.each<[string, string, string]>([
  ['is nested too deeply', ANSWER.replace('1}', `${'['.repeat(5_000)}${']'.repeat(5_000)}}`), 'upstream-too-large'],
  ['is too long', ANSWER.replace('1}', `"${'x'.repeat(1_100_000)}"}`), 'upstream-too-large'],
  ['is not UTF-8', ANSWER.replace('1}', '"\xff"}'), 'upstream-not-mcp'],
  ['is no JSON', ANSWER.replace('1}', 'NaN}'), 'upstream-not-mcp'],
  ['is of another version', ANSWER.replace('2.0', '1.0'), 'upstream-not-mcp'],
  ['has a list for a result', ANSWER.replace('{"n":1}', '[1]'), 'upstream-not-mcp'],
])('an answer that %s fails alone', async (_what, text, code) => {
  expect(await failure(write(text))).toMatchObject({ code });
  await serves(await opening);
});

test('a line that never ends leaves the calls to their time-out', async () => {
  await using upstream = await openOdd(programs, 'endless', {
    settings: { messageBytes: 1_000_000, unasked: { burst: 5, perSecond: 5 } },
    server: { timeouts: { ...DEFAULT_TIMEOUTS, idleMs: 400 } },
  });
  expect(await failure(ask(upstream, 'endless'))).toMatchObject({ code: 'upstream-timeout' });
});
