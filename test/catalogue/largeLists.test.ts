import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { catalogueSteps, digestSteps } from '../../src/catalogue/catalogueDigest.ts';
import type { OfferedCatalogue } from '../../src/catalogue/offeredCatalogue.ts';
import { contentSteps } from '../../src/catalogue/rememberedContent.ts';
import type { ToolHold } from '../../src/catalogue/toolHolds.ts';
import type { Tool } from '../../src/mcp/catalogueItems.ts';
import { parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';
import { stringifySteps } from '../../src/mcp/losslessWriting.ts';
import { parseSteps } from '../../src/mcp/slicedJson.ts';
import { holdTools } from '../../src/proxy/heldTools.ts';
import { filterTools } from '../../src/proxy/toolListFilter.ts';
import type { Steps } from '../../src/slices.ts';

/** Of JSON: what takes no step is so small that nobody notices it. */
const BYTES_PER_STEP = 128 * 1024;

const PROPERTIES = (count: number): object =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `größe_${String(n)}`,
      { type: ['string', 'null'], enum: ['b', 'a'], required: ['y', 'x'], minimum: n / 8 },
    ]),
  );

const tool = (n: number, properties: object, description = 'what it does'): object => ({
  name: `tool-${String(n)}`,
  description,
  inputSchema: { type: 'object', properties },
});

const LISTS: readonly (readonly [string, () => object[]])[] = [
  ['many tools', () => Array.from({ length: 400 }, (_, n) => tool(n, PROPERTIES(80)))],
  ['one tool', () => [tool(0, PROPERTIES(30_000))]],
  ['one tool with long texts', () => [tool(0, PROPERTIES(1), '😀"\\'.repeat(500_000))]],
];

/** Does work, and counts its steps. */
function counted<T>(steps: Steps<T>): { readonly value: T; readonly steps: number } {
  for (let count = 1; ; count += 1) {
    const step = steps.next();
    if (step.done === true) return { value: step.value, steps: count };
  }
}

function holdOf(effect: ToolHold['effect'], isApproved: (tool: Tool) => boolean): ToolHold {
  return {
    effect,
    ofName: () => undefined,
    *ofDefinition(one) {
      yield* digestSteps(one);
      return isApproved(one as Tool) ? undefined : 'new';
    },
  };
}

describe.each(LISTS)('a list of %s', (_what, make) => {
  const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: make() } });
  const most = Math.floor(Buffer.byteLength(text) / BYTES_PER_STEP);
  const tools = (parseLossless(text) as { result: { tools: Tool[] } }).result.tools;
  const listing = <T>(items: readonly T[]) => ({ items, ttlMs: 0, cacheScope: 'private' as const });
  const offered = {
    facts: { era: 'legacy', protocolVersion: '2025-11-25', capabilities: {} },
    lists: { tools: listing(tools), prompts: listing([]), resources: listing([]), resourceTemplates: listing([]) },
  } as unknown as OfferedCatalogue;

  test.each<readonly [string, () => Steps<unknown>, (value: unknown) => boolean]>([
    ['parsed', () => parseSteps(Buffer.from(text)), (value) => isDeepStrictEqual(value, parseLossless(text))],
    ['written', () => stringifySteps(tools), (value) => value === stringifyLossless(tools)],
    ['digested', () => catalogueSteps(offered), (value) => value !== undefined],
    [
      'written down',
      () => contentSteps(offered),
      (value) => isDeepStrictEqual((JSON.parse(String(value)) as OfferedCatalogue).lists.tools.items, tools),
    ],
    ['granted whole', () => filterTools(text, () => true), (value) => value === text],
    [
      'granted in nothing',
      () => filterTools(text, () => false),
      (value) => value === JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: [] } }),
    ],
    [
      'approved',
      () =>
        holdTools(
          text,
          holdOf('hold', () => true),
        ),
      (value) => value === text,
    ],
    [
      'flagged',
      () =>
        holdTools(
          text,
          holdOf('flag', () => false),
        ),
      (value) => String(value).includes('"_meta":{"metamcp/unapproved":"new"},"name":"tool-0"'),
    ],
  ])('is %s in steps, none of which is long [catalogue-large-steps]', (_how, work, isRight) => {
    const { value, steps } = counted(work());
    expect(steps).toBeGreaterThanOrEqual(most);
    expect(isRight(value)).toBe(true);
  });
});

test('a tool that is written in steps has the digest that it has in one [catalogue-large-steps]', () => {
  const large = tool(0, { ...PROPERTIES(2_000), long: { default: '😀"\\'.repeat(20_000), const: [3, 1] } });
  // The same, with its members in another order, and the sets of its schemas, too.
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, each]) => [
          name,
          name === 'required' || name === 'type' ? [each].flat().reverse() : reversed(each),
        ]),
    );
  };
  const other = reversed(large) as Tool;
  const one = { ...(large as Tool), inputSchema: reversed(reversed((large as Tool).inputSchema)) } as Tool;
  expect(counted(digestSteps(other)).value).toBe(counted(digestSteps(one)).value);
  expect(counted(digestSteps({ ...other, description: 'another' })).value).not.toBe(counted(digestSteps(one)).value);
});
