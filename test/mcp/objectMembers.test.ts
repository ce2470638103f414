import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findMembers, withChanges } from '../../src/mcp/objectMembers.ts';
import { atOnce } from '../../src/slices.ts';

const NAMES = new Set(['a', 'resultType', 'ä"']);

const found = (json: string) => {
  const bytes = Buffer.from(json);
  return atOnce(findMembers(bytes, NAMES)).map(({ name, valueFrom, to }) => [
    name,
    bytes.toString('utf8', valueFrom, to).trim(),
  ]);
};

const without = (json: string): string => {
  const bytes = Buffer.from(json);
  return withChanges(
    bytes,
    atOnce(findMembers(bytes, NAMES)).map((member) => ({ member })),
  ).toString('utf8');
};

describe('members of a JSON object', () => {
  test.each([
    ['{}', []],
    ['{"a":1}', [['a', '1']]],
    ['{ "b" : {"a":2} , "a" : [ {"a":3}, "a" ] }', [['a', '[ {"a":3}, "a" ]']]],
    ['{"x":"\\"a\\":1,{","a":"}"}', [['a', '"}"']]],
    [
      '{"\\u0061":1,"a":2,"result\\u0054ype":null}',
      [
        ['a', '1'],
        ['a', '2'],
        ['resultType', 'null'],
      ],
    ],
    ['{"\\u00e4\\"":-0}', [['ä"', '-0']]],
    ['["a",{"a":1}]', []],
    ['{"a"', []],
    ['{"a":1', []],
  ])('of %s are found by their names, and no others', (json, members) => {
    expect(found(json)).toEqual(members);
  });

  test('are found across the steps in which the bytes are looked at', () => {
    const long = 'x'.repeat(64 * 1024 - 12);
    for (let shift = 0; shift < 24; shift++) {
      expect(found(`{"long":"${'x'.repeat(shift)}${long}","a":{"b":1},"c":"a"}`)).toEqual([['a', '{"b":1}']]);
    }
  });

  test('are taken out as if they had not been there', () => {
    const key = fc.oneof(fc.constantFrom(...NAMES), fc.string());
    const entries = fc.uniqueArray(fc.tuple(key, fc.jsonValue()), { selector: ([name]) => name });
    fc.assert(
      fc.property(entries, fc.constantFrom(undefined, 1), (all, indent) => {
        const object = Object.fromEntries(all);
        const rest = Object.fromEntries(Object.entries(object).filter(([name]) => !NAMES.has(name)));
        const text = without(JSON.stringify(object, undefined, indent));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(rest)));
        if (indent === undefined) expect(text).toBe(JSON.stringify(rest));
      }),
    );
  });

  test('get other values, beside others that are taken out', () => {
    const bytes = Buffer.from('{"a":1,"b":2,"resultType":3,"c":4}');
    const [a, type] = atOnce(findMembers(bytes, NAMES));
    if (a === undefined || type === undefined) throw new Error('they are not found');
    const changed = (changes: Parameters<typeof withChanges>[1]) => withChanges(bytes, changes).toString('utf8');
    expect(changed([{ member: a, value: Buffer.from('[9]') }, { member: type }])).toBe('{"a":[9],"b":2,"c":4}');
    expect(changed([{ member: a }, { member: type, value: Buffer.from('"x"') }])).toBe(
      '{"b":2,"resultType":"x","c":4}',
    );
    expect(changed([])).toBe(bytes.toString('utf8'));
  });
});
