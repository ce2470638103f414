import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { AwaitedAnswers, isAnswerTo } from '../../src/mcp/awaitedAnswers.ts';
import type { JsonRpcId } from '../../src/mcp/jsonRpc.ts';

const result = (id: JsonRpcId | undefined) => ({ id, isError: false });
const error = (id: JsonRpcId) => ({ id, isError: true });

describe('the answers to one request', () => {
  test('are one: it is over then, and a second one is told', () => {
    const awaited = new AwaitedAnswers([7]);
    expect(awaited.over).toBe(false);
    expect(awaited.take([])).toBe('own');
    expect(awaited.take([result(8), result(null), result(undefined)])).toBe('own');
    expect(awaited.unanswered).toEqual([7]);
    expect(awaited.take([result(7)])).toBe('own');
    expect(awaited).toMatchObject({ over: true, unanswered: [] });
    expect(awaited.take([error(7)])).toBe('repeated');
    expect(awaited.take([error(null)])).toBe('own');
  });

  test('may be an error that names no request, which is told', () => {
    const awaited = new AwaitedAnswers(['a']);
    expect(awaited.take([error(null)])).toBe('unnamed');
    expect(awaited.unanswered).toEqual(['a']);
  });

  test('whose id is of another type count as one that may be it: the right one may follow', () => {
    const awaited = new AwaitedAnswers([1]);
    expect(awaited.take([result('1')])).toBe('own');
    expect(awaited).toMatchObject({ over: false, unanswered: [] });
    expect(awaited.take([result('1')])).toBe('repeated');
    expect(awaited.take([result(1)])).toBe('own');
    expect(awaited.over).toBe(true);
    expect(awaited.take([result('1')])).toBe('repeated');
  });
});

test('nobody waits where nothing was asked', () => {
  const awaited = new AwaitedAnswers([]);
  expect(awaited.over).toBe(false);
  expect(awaited.take([result(1), result(1), error(null)])).toBe('own');
});

test('a batch that holds one repetition leaves nothing noted', () => {
  const awaited = new AwaitedAnswers([1, 2, 3]);
  expect(awaited.take([result(1), result(2), result(2)])).toBe('repeated');
  expect(awaited.take([result('3'), result(1), result(1)])).toBe('repeated');
  expect(awaited.unanswered).toEqual([1, 2, 3]);
  expect(awaited.take([error(null)])).toBe('own');
  expect(awaited.take([result(3), result(1)])).toBe('own');
  expect(awaited.take([error(null)])).toBe('unnamed');
  expect(awaited.take([result(2)])).toBe('own');
  expect(awaited.over).toBe(true);
});

const ids = fc.array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('a', '1', '')), { maxLength: 8 });

property.prop([ids, fc.infiniteStream(fc.nat())])('each request gets one answer, in any order', (asked, order) => {
  const awaited = new AwaitedAnswers(asked);
  const left = [...asked];
  while (left.length > 0) {
    expect(awaited.over).toBe(false);
    const [id = null] = left.splice((order.next().value ?? 0) % left.length, 1);
    expect(awaited.take([result(id)])).toBe('own');
    expect([...awaited.unanswered].map(String).sort()).toEqual(left.map(String).sort());
  }
  expect(awaited.over).toBe(asked.length > 0);
  for (const id of asked) expect(awaited.take([result(id)])).toBe('repeated');
});

test('a response is to the one request that waits when its id says so, or when it names none', () => {
  expect([undefined, null, 1, '1'].map((id) => isAnswerTo(id, 1))).toEqual([true, true, true, true]);
  expect([2, '01', '', 'a'].map((id) => isAnswerTo(id, 1))).toEqual([false, false, false, false]);
  expect([1, null].map((id) => isAnswerTo(id, undefined))).toEqual([false, true]);
});
