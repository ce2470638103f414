import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { MessageScan, type FoundResponse } from '../../src/mcp/messageScan.ts';

function scanned(...pieces: readonly (string | Buffer)[]): MessageScan {
  const scan = new MessageScan();
  for (const piece of pieces) scan.push(Buffer.from(piece as Buffer));
  return scan;
}

function found(text: string): readonly FoundResponse[] {
  return scanned(text).responses;
}

/** What JSON.parse says. */
function expected(text: string): FoundResponse[] {
  const parsed: unknown = JSON.parse(text);
  return (Array.isArray(parsed) ? parsed : [parsed]).flatMap((message: unknown) => {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return [];
    const { id, method, result, error } = message as Record<string, unknown>;
    // Some servers write null for what is absent.
    if ((method ?? undefined) !== undefined || (result === undefined && (error ?? undefined) === undefined)) return [];
    const isError = (result ?? undefined) === undefined && (error ?? undefined) !== undefined;
    if (id === undefined) return [{ id: isError ? null : undefined, isError }];
    return [{ id: typeof id === 'string' || typeof id === 'number' || id === null ? id : undefined, isError }];
  });
}

const tricky = fc.string({
  unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'id', ' ', 'é', '\n'),
  maxLength: 12,
});
const value = fc.oneof(
  tricky,
  fc.jsonValue({ maxDepth: 2 }),
  fc.record({ id: fc.nat(), result: tricky, method: tricky }, { requiredKeys: [] }),
);
const id = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  tricky,
  fc.constantFrom(null, true, [1], { id: 1 }),
);
const message = fc.oneof(
  fc.record({ jsonrpc: fc.constant('2.0'), id, result: value }, { requiredKeys: ['jsonrpc'] }),
  fc.record({ error: value, id, idx: value, ids: value, methods: value, Result: value }, { requiredKeys: [] }),
  fc.record(
    { method: fc.constantFrom(null, 'a'), error: fc.constantFrom(null, {}), id, result: fc.constantFrom(null, {}) },
    { requiredKeys: [] },
  ),
  fc.record({ id, method: tricky, params: value }, { requiredKeys: [] }),
);
const text = fc
  .tuple(fc.oneof(message, fc.array(fc.oneof(message, value), { maxLength: 4 })), fc.constantFrom(0, 2))
  .map(([parsed, indent]) => JSON.stringify(parsed, null, indent))
  .filter((json) => json.startsWith('{') || json.startsWith('['));

property.prop([text], { numRuns: 2_000 })('finds the responses that JSON.parse shows', (json) => {
  expect(found(json)).toEqual(expected(json));
  expect(scanned(json).complete).toBe(true);
});

property.prop([text], { numRuns: 100 })('finds the same wherever the text is cut, and in single bytes', (json) => {
  const bytes = Buffer.from(json);
  const whole = found(json);
  for (let at = 0; at <= bytes.length; at++) {
    const scan = scanned(bytes.subarray(0, at), bytes.subarray(at));
    expect(scan.responses).toEqual(whole);
    expect(scan.complete).toBe(true);
    expect(at === bytes.length || !scanned(bytes.subarray(0, at)).complete).toBe(true);
  }
  expect(scanned(...Array.from(bytes, (byte) => Buffer.of(byte))).responses).toEqual(whole);
});

property.prop([text, text])('begins anew after any text, whole or not', (one, other) => {
  const scan = scanned(Buffer.from(one).subarray(0, one.length / 2));
  scan.reset();
  scan.push(Buffer.from(other));
  expect(scan.responses).toEqual(found(other));
  expect(scan.complete).toBe(true);
});

describe('what a hostile or careless server may send', () => {
  test.for([
    ['a name in escapes', '{"\\u0069\\u0064":7,"\\u0072esul\\u0074":{}}', 7],
    ['a name all in escapes', '{"id":1,"\\u0072\\u0065\\u0073\\u0075\\u006c\\u0074":1}', 1],
    ['a member twice: the last counts', '{"id":1,"result":{},"id":2}', 2],
    ['a member twice, the second in escapes', '{"id":1,"result":{},"i\\u0064":"b"}', 'b'],
    ['a member twice, the second of no use', '{"id":1,"result":{},"id":{"a":1}}', undefined],
    ['a text id in escapes', '{"id":"\\u0061\\"\\\\","result":1}', 'a"\\'],
    ['a text id beyond ASCII', '{"id":"é€😀","result":1}', 'é€😀'],
    ['numbers in other words', '{"id":1.0e0,"result":1}', 1],
    ['what JSON has no word for in the result', '{"id":1,"result":{"a":NaN,"b":Infinity}}', 1],
    ['an id that is far too long', `{"id":"${'x'.repeat(7_000)}","result":1}`, undefined],
    ['an id of many digits', `{"id":${'1'.repeat(9_000)},"result":1}`, Infinity],
    ['both a result and an error', '{"id":1,"result":null,"error":{}}', 1],
  ] as const)('%s', ([, json, expectedId]) => {
    expect(found(json).map((response) => response.id)).toEqual([expectedId]);
  });

  test.for([
    ['a request', '{"id":1,"method":"ping","result":{}}'],
    ['a request whose method is in escapes', '{"id":1,"meth\\u006fd":"ping","result":{}}'],
    ['no result and no error', '{"id":1,"Result":{},"results":{}}'],
    ['a response within a response’s member', '{"id":1,"params":{"id":1,"result":{}}}'],
    ['a response in an array in an array', '[[{"id":1,"result":{}}]]'],
    ['text', '{"id":1,"x":"\\",\\"result\\":{}"}'],
  ])('%s is no response', ([, json = '']) => {
    expect(found(json)).toEqual([]);
    expect(scanned(json).complete).toBe(true);
  });

  test('an error may name no request, or null', () => {
    expect(found('{"error":{"code":1}}')).toEqual([{ id: null, isError: true }]);
    expect(found('{"id": null ,"error":{"code":1}}')).toEqual([{ id: null, isError: true }]);
  });

  test('more responses than anybody asked for are not remembered', () => {
    const scan = scanned(`[${Array.from({ length: 3_000 }, () => '{"id":1,"result":1}').join(',')}]`);
    expect(scan.tooMany).toBe(true);
    expect(scan.responses.length).toBeLessThan(3_000);
    scan.reset();
    expect(scan.tooMany).toBe(false);
  });

  test('what has more after it, or is no object or array, is not whole', () => {
    for (const json of ['{} x', '{}{}', '1', '"a"', '', '}', 'x{}']) expect(scanned(json).complete).toBe(false);
  });

  test('a long name that comes byte by byte costs no more than its bytes', () => {
    const scan = scanned('{"id":1,"');
    const before = process.cpuUsage();
    const piece = Buffer.from('x');
    for (let count = 0; count < 300_000; count++) scan.push(piece);
    const { user, system } = process.cpuUsage(before);
    scan.push(Buffer.from('":1,"result":2}'));
    expect(scan.responses).toEqual([{ id: 1, isError: false }]);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });
});
