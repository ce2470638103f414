import { expect, test } from 'vitest';
import { isProcessed, isRepeatable, isRepeatableTool, maySendAgain } from '../../src/mcp/resending.ts';

const post = (method: string) => isRepeatable({ httpMethod: 'POST', kind: 'request', method });

test('what only reads, or is there already the second time, is repeatable', () => {
  const methods = [
    'initialize',
    'ping',
    'tools/list',
    'resources/read',
    'logging/setLevel',
    'notifications/initialized',
  ];
  expect(methods.map(post)).toEqual(methods.map(() => true));
  expect(isRepeatable({ httpMethod: 'GET' })).toBe(true);
  expect(isRepeatable({ httpMethod: 'DELETE' })).toBe(true);
  expect(isRepeatable({ httpMethod: 'POST', kind: 'response' })).toBe(true);
});

test('what does something, or is not known, is not repeatable', () => {
  const methods = ['tools/call', 'tasks/cancel', 'notifications/progress', 'x/unknown', 'constructor', ''];
  expect(methods.map(post)).toEqual(methods.map(() => false));
  expect(isRepeatable({ httpMethod: 'POST', kind: 'batch' })).toBe(false);
});

test('a tool is repeatable when it says so with true, and not with anything else', () => {
  expect(isRepeatableTool({ idempotentHint: true })).toBe(true);
  expect(isRepeatableTool({ readOnlyHint: true })).toBe(true);
  for (const hints of [undefined, {}, { idempotentHint: false }, { readOnlyHint: 'true' }, { idempotentHint: 1 }]) {
    expect(isRepeatableTool(hints)).toBe(false);
  }
});

test('a request that was not sent whole was not processed and is sent again; one that was, only if it is repeatable', () => {
  expect((['nothing', 'part', 'whole'] as const).map(isProcessed)).toEqual([false, false, 'unknown']);
  expect((['nothing', 'part', 'whole'] as const).map((sent) => maySendAgain(sent, false))).toEqual([
    false,
    true,
    false,
  ]);
  expect((['nothing', 'part', 'whole'] as const).map((sent) => maySendAgain(sent, true))).toEqual([false, true, true]);
});
