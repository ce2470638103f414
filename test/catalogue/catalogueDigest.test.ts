import { describe, expect, test } from 'vitest';
import { digestCatalogue, digestItem } from '../../src/catalogue/catalogueDigest.ts';
import { recordedKey } from '../../src/events/recordedKey.ts';
import { parseLossless } from '../../src/mcp/losslessJson.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import type { OfferedCatalogue } from '../../src/catalogue/offeredCatalogue.ts';
import { encodeEvents, MAX_APPEND_BYTES } from '../../src/events/encodeEvents.ts';
import { mcpCatalogue } from '../../src/commands/mcpCatalogue.ts';
import type { JsonObject as EventData } from '../../src/events/eventStore.ts';

const parsed = (text: string): JsonObject => parseLossless(text) as JsonObject;
const TOOL =
  '{"name":"t","description":"d","inputSchema":{"type":"object","properties":{"n":{"maximum":9007199254740993}}}}';

describe('the digest of an item [catalogue-digest-all-members]', () => {
  test.each([
    [
      'its description',
      '{"name":"t","description":"e","inputSchema":{"type":"object","properties":{"n":{"maximum":9007199254740993}}}}',
    ],
    ['the last digit of an int64', TOOL.replace('993', '992')],
    ['an annotation', TOOL.replace('"d"', '"d","annotations":{"destructiveHint":false}')],
    ['its output schema', TOOL.replace('"d"', '"d","outputSchema":{}')],
    ['a member that no version of the protocol knows', TOOL.replace('"d"', '"d","x-execute":true')],
    ['a member of _meta', TOOL.replace('"d"', '"d","_meta":{"a":null}')],
    ['a word in another case', TOOL.replace('"d"', '"D"')],
    ['the order of an enum, which clients show', TOOL.replace('"n":{', '"n":{"enum":[1,2],')],
  ])('differs by %s', (_what, other) => {
    expect(digestItem(parsed(other))).not.toBe(digestItem(parsed(TOOL)));
  });

  test.each([
    ['members', '{"a":1,"name":"t"}', '{"name":"t","a":1}'],
    ['spelling of a number', '{"n":[1,0.5,1e2,100,-0.0]}', '{"n":[1.0,5e-1,100,1E+2,0]}'],
    ['spelling of a text', '{"n":"\\u0041"}', '{"n":"A"}'],
    ['required members', '{"inputSchema":{"required":["a","b"]}}', '{"inputSchema":{"required":["b","a"]}}'],
    [
      'types of a property that is called like a keyword',
      '{"inputSchema":{"properties":{"enum":{"type":["string","null"]}}}}',
      '{"inputSchema":{"properties":{"enum":{"type":["null","string"]}}}}',
    ],
  ])('is the same whatever the order or %s', (_what, one, other) => {
    expect(digestItem(parsed(one))).toBe(digestItem(parsed(other)));
  });

  test.each([
    ['an enum', '{"inputSchema":{"enum":["a","b"]}}', '{"inputSchema":{"enum":["b","a"]}}'],
    ['a default', '{"inputSchema":{"default":["a","b"]}}', '{"inputSchema":{"default":["b","a"]}}'],
    ['a list outside of schemas', '{"required":["a","b"]}', '{"required":["b","a"]}'],
    ['numbers that no double tells apart', '{"n":1e400}', '{"n":1e401}'],
    ['a number and its text', '{"n":1}', '{"n":"1"}'],
    ['halves of surrogate pairs', '{"n":"\\ud800"}', '{"n":"\\ud801"}'],
  ])('tells the order or value of %s', (_what, one, other) => {
    expect(digestItem(parsed(one))).not.toBe(digestItem(parsed(other)));
  });
});

const listing = <T>(items: readonly T[]) => ({ items, ttlMs: 0, cacheScope: 'public' as const });

describe('what an event records', () => {
  test('of names that are too long or can’t be stored is readable, and no two are the same', () => {
    const names = ['a', 'a\0b', 'a\ud800', 'x'.repeat(300), `${'x'.repeat(300)}y`];
    const recorded = names.map(recordedKey);
    expect(new Set(recorded).size).toBe(names.length);
    for (const key of recorded)
      expect([key.isWellFormed(), key.includes('\0'), key.length <= 256]).toEqual([true, false, true]);
  });

  test('of very many items fits into an append, and the digest covers those behind the bound [catalogue-changes-recorded]', () => {
    const items = (last: string) =>
      Array.from({ length: 3_000 }, (_, n) => ({
        name: `${'ü'.repeat(200)}${n}`,
        uri: `${'ü'.repeat(200)}${n}`,
        uriTemplate: `${'ü'.repeat(200)}${n}`,
        inputSchema: {},
        description: n === 2_999 ? last : '',
      }));
    const catalogue = (last: string): OfferedCatalogue => ({
      facts: {
        era: 'legacy',
        protocolVersion: '2025-11-25',
        serverInfo: {},
        capabilities: {},
        instructions: 'i'.repeat(1e6),
      },
      lists: {
        tools: listing(items(last)),
        prompts: listing(items(last)),
        resources: listing(items(last)),
        resourceTemplates: listing(items(last)),
      },
    });
    const observe = (last: string) => ({
      type: 'Observe' as const,
      at: 0,
      serverRevision: 0,
      registeredAt: '2026-11-28T00:00:00.000Z',
      audience: { era: 'legacy' as const },
      catalogue: digestCatalogue(catalogue(last)),
      onToolChange: 'allow' as const,
    });
    const events = mcpCatalogue.decide(observe('a'), mcpCatalogue.initial);
    const [encoded] = encodeEvents(
      'mcpCatalogue-many',
      events.map(({ type, data }) => ({
        id: '0190a1b2-0000-7000-8000-00000000000a',
        type,
        data: data as unknown as EventData,
        metadata: {},
      })),
    );
    expect(encoded?.data.length).toBeLessThan(MAX_APPEND_BYTES);
    const state = events.reduce(mcpCatalogue.evolve, mcpCatalogue.initial);
    expect(mcpCatalogue.decide(observe('b'), state)).toMatchObject([
      { data: { lists: { tools: { count: 3_000, added: [], removed: [], changed: [] } } } },
    ]);
  });
});
