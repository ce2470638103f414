import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLosslessNumber, parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';

const digits = (constraints: fc.StringConstraints) =>
  fc.string({ unit: fc.constantFrom(...'0123456789', '0', '0'), ...constraints });

/** Numbers as RFC 8259, 6 allows them, short and long. */
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits({ minLength: 1, maxLength: 20 }).map((text) => text.replace(/^0+(?=\d)/, '')),
    fc.option(digits({ minLength: 1, maxLength: 20 }), { nil: undefined }),
    fc.option(
      fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), digits({ minLength: 1, maxLength: 3 })),
      {
        nil: undefined,
      },
    ),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent?.join('') ?? ''}`,
  );

describe('lossless JSON', () => {
  it.each(['9007199254740993', '1e400', '1.10', '1.0', '-0', '1E2', '0.0000001', '123456789012345678901234567890'])(
    'keeps the text of %s, alone and within',
    (text) => {
      const value = parseLossless(text);
      expect(isLosslessNumber(value)).toBe(true);
      expect(stringifyLossless(value)).toBe(text);
      expect(stringifyLossless(parseLossless(`{"a":[{"b":${text}},"${text}"]}`))).toBe(
        `{"a":[{"b":${text}},"${text}"]}`,
      );
    },
  );

  it.each(['0', '7', '-1', '1.5', '9007199254740991', '0.1'])('leaves %s a number', (text) => {
    expect(parseLossless(text)).toBe(Number(text));
  });

  it('writes every number with the text that it was read from', () => {
    fc.assert(
      fc.property(fc.array(numberText), (numbers) => {
        const text = `[${numbers.join(',')}]`;
        expect(stringifyLossless(parseLossless(text))).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps members of any name, and fails as JSON.parse does', () => {
    const text = '{"__proto__":1.0,"constructor":{"toString":2e2},"rawJSON":"1"}';
    expect(stringifyLossless(parseLossless(text))).toBe(text);
    for (const broken of ['', '01', '1.', '+1', 'NaN', '{"a":1e}', '[1.0,]']) {
      expect(() => parseLossless(broken)).toThrow(SyntaxError);
    }
  });

  it('tells an object that looks like a number with its text from one', () => {
    expect(isLosslessNumber({ rawJSON: '1.10' })).toBe(false);
    expect(isLosslessNumber(1)).toBe(false);
    expect(isLosslessNumber(null)).toBe(false);
  });
});
