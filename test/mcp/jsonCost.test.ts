import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { findExcess, JSON_BOUNDS } from '../../src/mcp/jsonCost.ts';
import { JsonOutline } from '../../src/mcp/jsonOutline.ts';

const many = (count: number, item: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => item(at)).join(',');
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** What JSON.parse would make of a text: counted from its result, which is how we know that the bytes are counted right. */
function countsOf(value: unknown): { deepest: number; values: number; strings: number } {
  const counts = { deepest: 0, values: 0, strings: 0 };
  const visit = (item: unknown, depth: number): void => {
    if (typeof item === 'string') counts.strings++;
    if (typeof item !== 'object' || item === null) return;
    counts.values++;
    counts.deepest = Math.max(counts.deepest, depth);
    const members = Array.isArray(item) ? item : Object.values(item);
    if (!Array.isArray(item)) counts.strings += members.length;
    counts.values += Math.max(0, members.length - 1);
    for (const member of members) visit(member, depth + 1);
  };
  visit(value, 1);
  return counts;
}

property.prop([fc.json().filter((text) => /^[[{]/.test(text)), fc.array(fc.nat({ max: 60 }), { maxLength: 5 })])(
  'depth, values and texts are counted as they will be parsed, however the bytes come',
  (text, cuts) => {
    const bytes = Buffer.from(text);
    const outline = new JsonOutline();
    let from = 0;
    for (const cut of [...cuts].sort((a, b) => a - b)) {
      outline.push(bytes.subarray(from, Math.max(from, cut)));
      from = Math.max(from, Math.min(cut, bytes.length));
    }
    outline.push(bytes.subarray(from));
    expect(outline.complete).toBe(true);
    const { deepest, values, strings } = outline;
    // A name that is there twice is read twice, and kept once.
    const counts = countsOf(JSON.parse(text));
    expect({ deepest, values: values >= counts.values, strings: strings >= counts.strings }).toEqual({
      deepest: counts.deepest,
      values: true,
      strings: true,
    });
    if (!text.includes('{')) expect({ deepest, values, strings }).toEqual(counts);
  },
);

test.for([
  ['a file of 16 MiB in one text', `{"file":"${'QUJD'.repeat(4_000_000)}"}`],
  ['100,000 numbers', `[${many(100_000, String)}]`],
  ['a number of a million digits', `[${'1'.repeat(1_000_000)}]`],
  [
    '10,000 rows of six members',
    `[${many(10_000, (at) => `{"a":${at},"b":1.5,"c":"x","d":null,"e":true,"f":"${at}"}`)}]`,
  ],
  ['what looks deep, in a text', JSON.stringify({ text: `\\"${'[{"a":'.repeat(50_000)}` })],
  ['as deep as it may be', nested(JSON_BOUNDS.depth)],
  ['as many values as there may be', `[${many(JSON_BOUNDS.values, () => '1')}]`],
  ['as many texts as there may be', `[${many(JSON_BOUNDS.strings, () => '""')}]`],
])('%s passes', ([, text = '']) => {
  expect(findExcess(Buffer.from(text))).toBeUndefined();
  expect(findExcess(text)).toBeUndefined();
});

test.for([
  ['one level deeper', nested(JSON_BOUNDS.depth + 1), 'depth'],
  ['deep without an end', '['.repeat(5_000), 'depth'],
  ['deep after a byte order mark, which some parsers skip', `\uFEFF${nested(5_000)}`, 'depth'],
  ['deep in objects', `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`, 'depth'],
  ['one value more', `[${many(JSON_BOUNDS.values + 1, () => '1')}]`, 'values'],
  ['nothing but empty objects', `[${many(JSON_BOUNDS.values, () => '{}')}]`, 'values'],
  ['one text more', `[${many(JSON_BOUNDS.strings + 1, () => '""')}]`, 'strings'],
  ['very many members', `{"_meta":{${many(300_000, (at) => `"k${at}":0`)}}}`, 'strings'],
  ['the same member very often', `{${many(300_000, () => '"k":0')}}`, 'strings'],
  ['names in escapes', `{${many(300_000, (at) => `"\\u006b\\"${at}":0`)}}`, 'strings'],
  ['spaces between all', `[ ${many(JSON_BOUNDS.values + 1, () => ' 1 ')} ]`, 'values'],
])('%s is refused', ([, text = '', excess]) => {
  expect(findExcess(Buffer.from(text))).toBe(excess);
  expect(findExcess(text)).toBe(excess);
});
