import { expect, it } from 'vitest';
import { parseForeignJson } from '../../src/mcp/foreignJson.ts';
import { stringifyLossless } from '../../src/mcp/losslessJson.ts';

it('numbers keep their text, whatever stands around them', () => {
  const text = `{"a":[1.0,{"pad":"${'x'.repeat(300_000)}"}],"b":9007199254740993}`;
  expect(stringifyLossless(parseForeignJson(text))).toBe(text);
});

it('of more values than can be read so in a moment they are plain numbers', () => {
  const listOf = (count: number) => `[${Array<string>(count).fill('1.0').join(',')}]`;
  expect(stringifyLossless(parseForeignJson(listOf(99_000)))).toBe(listOf(99_000));
  expect(parseForeignJson(listOf(110_000))).toEqual(Array(110_000).fill(1));
});
