import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';
import { parseSteps } from '../../src/mcp/slicedJson.ts';
import { atOnce } from '../../src/slices.ts';

/** What a parser makes of a text: its value with its members in their order, or that it is none. */
function outcome(parse: () => unknown): unknown {
  try {
    const value = parse();
    return { value, text: stringifyLossless(value) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return 'no JSON';
  }
}

const inParts = (text: string, runBytes: number): unknown =>
  outcome(() => atOnce(parseSteps(Buffer.from(text), runBytes)));
// Half a surrogate pair has no UTF-8.
const whole = (text: string): unknown => outcome(() => parseLossless(text.toWellFormed()));

const NUMBERS = ['0', '-0', '1.10', '9007199254740993', '1e400', '-12.5E+3', '5'];
const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a', '1', '0', 'tools', '\\u0061', 'ü'));
const space = fc.constantFrom('', ' ', '\n', '\t \r');

/** JSON as others write it: names that come twice, escapes, blanks, numbers of all kinds. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom('null', 'true', '""', ...NUMBERS),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    fc
      .tuple(fc.array(tie('json'), { maxLength: 6 }), space)
      .map(([all, blank]) => `[${blank}${all.join(`${blank},`)}${blank}]`),
    fc
      .tuple(fc.array(fc.tuple(name, tie('json')), { maxLength: 6 }), space)
      .map(
        ([all, blank]) =>
          `{${blank}${all.map(([key, value]) => `${JSON.stringify(key)}${blank}:${blank}${value}`).join(`,${blank}`)}${blank}}`,
      ),
  ),
}));

describe('JSON that is parsed in parts', () => {
  property.prop([json, space, fc.integer({ min: 1, max: 60 })])('is what it is as a whole', (text, blank, runBytes) => {
    expect(inParts(`${blank}${text}${blank}`, runBytes)).toStrictEqual(whole(`${blank}${text}${blank}`));
  });

  property.prop(
    [
      json,
      fc.nat(),
      fc.constantFrom('', ',', ':', '[', ']', '{', '}', '"', '1', ' ', '\v', '[]', '{},'),
      fc.boolean(),
      fc.integer({ min: 1, max: 40 }),
    ],
    { numRuns: 2_000 },
  )('is refused where the whole is', (text, place, other, isInstead, runBytes) => {
    const at = place % (text.length + 1);
    const damaged = text.slice(0, at) + other + text.slice(isInstead ? at + 1 : at);
    expect(inParts(damaged, runBytes)).toStrictEqual(whole(damaged));
  });

  test.each([
    '',
    ' ',
    '[',
    '{',
    '"',
    '"a',
    '[,1]',
    '[1,]',
    '[[1],]',
    '[,[1]]',
    '[[1][2]]',
    '[[1]2]',
    '[1[2]]',
    '{"a":[1]"b":2}',
    '{"a":1[2]}',
    '{"a":[1],}',
    '{[1]}',
    '{"a"[1]}',
    '{"a":"b":[1]}',
    '[1}',
    '[[1]}',
    '[1],',
    '[1]\n[2]',
    '[1]x',
    'x[1]',
    '"a"[1]',
    '{"a":[1],"a":{"b":[2]},"c":1}',
    '{"__proto__":[1]}',
    '[[[[]]]]',
    '\ufeff[1]',
  ])('a text that is read in parts, %#', (text) => {
    for (let runBytes = 1; runBytes < 20; runBytes++) expect(inParts(text, runBytes)).toStrictEqual(whole(text));
  });

  test('takes no step longer than a run, whatever the text is made of', () => {
    const text = JSON.stringify(
      Array.from({ length: 20_000 }, (_, n) => ({ [`name ${String(n)}`]: [n, { deep: [String(n)] }] })),
    );
    const steps = parseSteps(Buffer.from(text), 1_024);
    let count = 0;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) count++;
    expect(step.value).toEqual(JSON.parse(text));
    expect(count).toBeGreaterThan(text.length / 20_000);
  });
});
