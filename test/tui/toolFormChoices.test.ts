import { describe, expect, it } from 'vitest';
import { formOf, formOfOne, sent } from './toolFormWorld.ts';

describe('choices', () => {
  it.each([
    ['numbers', [1, 2.5], '2.5', '2.5'],
    ['numbers that are no JavaScript', '[9007199254740993,1e400]', '9007199254740993', '9007199254740993'],
    ['null among them', ['a', null], 'null', 'null'],
    ['mixed', ['a', 1, true], 'true', 'true'],
    ['alike', ['1', 1], '"1"', '"1"'],
    ['alike, the number', ['1', 1], '1', '1'],
    ['null and its word', ['null', null], '"null"', '"null"'],
    ['texts of digits', ['1', '2'], '1', '"1"'],
    ['an empty text', ['', 'a'], '""', '""'],
    ['objects', [{ b: 1 }], '{"b":1}', '{"b":1}'],
  ])('may be %s [tui-tool-form-values]', (_what, choices, label, value) => {
    const list = typeof choices === 'string' ? choices : JSON.stringify(choices);
    const form = formOf(`{"properties":{"a":{"enum":${list}}}}`);
    expect(form.spec.fields[0]).toMatchObject({ kind: 'choice' });
    expect(form.spec.fields[0]?.options).toContain(label);
    expect(sent(form)).toBe('{}');
    expect(sent(form, { a: label })).toBe(`{"a":${value}}`);
    expect(() => sent(form, { a: 'none of them' })).toThrow('One of');
  });

  it('come from alternatives of constants, as zod and pydantic write them [tui-tool-form-values]', () => {
    const literals = { anyOf: [{ const: 'up', title: 'Up' }, { const: 'down' }, { type: 'null' }] };
    expect(formOfOne(literals).spec.fields[0]?.options).toEqual(['', 'up', 'down']);
    expect(formOfOne({ oneOf: [{ enum: [1, 2] }, { const: 3 }] }).spec.fields[0]?.options).toEqual(['', '1', '2', '3']);
  });

  it('need no choosing when there is one that is required [tui-tool-form-values]', () => {
    expect(sent(formOfOne({ const: 'only' }, ['a']))).toBe('{"a":"only"}');
    expect(sent(formOfOne({ const: 'only' }))).toBe('{}');
  });

  it('are typed when they are many, and nothing else is taken [tui-tool-form]', () => {
    const form = formOfOne({ enum: Array.from({ length: 400 }, (_, at) => `zone ${at}`) });
    expect(form.spec.fields[0]).toMatchObject({ kind: 'text' });
    expect(sent(form, { a: 'zone 399' })).toBe('{"a":"zone 399"}');
    expect(() => sent(form, { a: 'zone 400' })).toThrow('One of: zone 0');
  });
});
