import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { filterTools as filterSteps } from '../../src/proxy/toolListFilter.ts';
import { atOnce } from '../../src/slices.ts';

const filterTools = (json: string, isGranted: (tool: string) => boolean): string =>
  atOnce(filterSteps(json, isGranted));
const mayUse = (tool: string): boolean => tool.startsWith('read_');
const GRANTED =
  '{ "name": "read_a", "description":"\\u00e9\\ud800", "x":9007199254740993, "x":1e400, "__proto__":{"a":1.0} }';
const OTHER = '{"name":"delete_a"}';

function listOf(tools: string): string {
  return `{"jsonrpc":"2.0",\r\n "id":1.0,"result":{"ttlMs":5E3,"tools":${tools},"nextCursor":"\\u0063","_meta":{"a":-0}}}`;
}

describe('a tool list that is filtered', () => {
  test.for([
    [`[${GRANTED}, ${OTHER}]`, `[${GRANTED}]`],
    [`[ ${OTHER} , ${GRANTED} ]`, `[ ${GRANTED} ]`],
    [`[${OTHER},${OTHER},${GRANTED},\n${OTHER} ,${GRANTED}\t]`, `[${GRANTED} ,${GRANTED}\t]`],
    [`[${OTHER}, ${OTHER}]`, '[]'],
    [`[42, null, {}, [${GRANTED}], "read_a"]`, '[]'],
    ['[]', '[]'],
    ['{"name":"delete_a"}', '[]'],
    [`[${GRANTED}]`, `[${GRANTED}]`],
  ])('leaves all other bytes as they came: %s', ([tools = '', left = '']) => {
    expect(filterTools(listOf(tools), mayUse)).toBe(listOf(left));
  });

  test('is one in a batch too', () => {
    const batch = ` [${listOf(`[${OTHER}]`)} , 1, ${listOf(`[${GRANTED}]`)}]`;
    expect(filterTools(batch, mayUse)).toBe(` [${listOf('[]')} , 1, ${listOf(`[${GRANTED}]`)}]`);
  });

  test.for([
    `{"result":{"tools":[${OTHER}]},"result":{"tools":[]}}`,
    `{"result":{"tools":[]},"result":{"tools":[${OTHER}]}}`,
    `{"result":{"tools":[${OTHER}],"tools":[${GRANTED}]}}`,
    `{"Result":{"Tools":[${OTHER}]}}`,
    `{"re\\u0073ult":{"t\\u006fols":[${OTHER}]}}`,
    `{"re\u017fult":{"tool\u017f":[${OTHER}]}}`,
    '{"result":{"tools":[{"name":"read_a","name":"delete_a"}]}}',
    '{"result":{"tools":[{"name":"delete_a","name":"read_a"}]}}',
    '{"result":{"tools":[{"name":"read_a","Name":"delete_a"}]}}',
    '{"result":{"tools":[{"name":"read_a","n\\u0061me":"\\u0064elete_a"}]}}',
    '{"result":{"tools":[{"name":"read_a","name":["delete_a"]}]}}',
  ])('shows what is not granted to no parser: %s', (json) => {
    const filtered = filterTools(json, mayUse);
    expect(() => void JSON.parse(filtered)).not.toThrow();
    expect(filtered).not.toMatch(/delete_a|\\u0064elete_a/);
  });

  test('may nest as deeply as it likes', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(filterTools(deep, mayUse)).toBe(deep);
    expect(filterTools(listOf(`[${deep},${GRANTED}]`), mayUse)).toBe(listOf(`[${GRANTED}]`));
  });
});

propertyTest.prop([
  fc.array(fc.oneof(fc.constantFrom('read_a', 'delete_a', 'read_b'), fc.jsonValue({ maxDepth: 1 })), { maxLength: 8 }),
  fc.constantFrom(0, 2),
])('what is left is what parsing, filtering and writing leaves', (names, spaces) => {
  const tools: unknown[] = names.map((name) => ({ name, inputSchema: {} }));
  const left = tools.filter((_, at) => typeof names[at] === 'string' && mayUse(names[at]));
  const message = (list: unknown) => ({ jsonrpc: '2.0', id: 1, result: { tools: list, nextCursor: 'c' } });
  const filtered = filterTools(JSON.stringify(message(tools), null, spaces), mayUse);
  expect(JSON.parse(filtered)).toEqual(JSON.parse(JSON.stringify(message(left))));
});
