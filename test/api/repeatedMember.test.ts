import { expect, test } from 'vitest';
import { findRepeatedMember } from '../../src/api/repeatedMember.ts';

test.each([
  ['{"url":"A","url":"B"}', undefined, 'url'],
  ['{"a":1,"headers":{"A":"1","b":2,"A":"2"}}', undefined, 'headers.A'],
  ['{"a":[{"b":1},{"c":1,"c":1}]}', undefined, 'a.1.c'],
  ['{"n\\u0061me":1,"name":2}', undefined, 'name'],
  ['{"arguments":{"x":1,"x":2},"arguments":{}}', 'arguments', 'arguments'],
  ['{"a":{"arguments":{"x":1,"x":2}}}', 'arguments', 'a.arguments.x'],
])('of %s with the foreign member %s, %s is found', (json, foreign, path) => {
  expect(findRepeatedMember(json, foreign)?.join('.')).toBe(path);
});

test.each([
  ['{"a":1,"A":2,"b":{"a":1},"c":[{"a":1},{"a":1}]}', undefined],
  ['{"arguments":{"x":1,"x":2}}', 'arguments'],
  ['"text"', undefined],
  ['[]', undefined],
])('of %s with the foreign member %s, none is', (json, foreign) => {
  expect(findRepeatedMember(json, foreign)).toBeUndefined();
});
