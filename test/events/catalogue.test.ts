import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { apiKeyEvents } from '../../src/events/apiKey.ts';
import { decode, encodeEvent, schemaOf, UnreadableEvent, type Catalogue } from '../../src/events/catalogue.ts';
import type { JsonObject, RecordedEvent } from '../../src/events/eventStore.ts';
import { keyRoleEvents } from '../../src/events/keyRole.ts';
import { mcpCatalogueEvents } from '../../src/events/mcpCatalogue.ts';
import { mcpServerEvents } from '../../src/events/mcpServer.ts';
import { streamRepairEvents } from '../../src/events/streamRepair.ts';

const GOLDEN = new URL('../golden/', import.meta.url);
const ALL: Catalogue = {
  ...apiKeyEvents,
  ...keyRoleEvents,
  ...mcpServerEvents,
  ...mcpCatalogueEvents,
  ...streamRepairEvents,
};

function streamOf(type: string): string {
  if (Object.hasOwn(mcpCatalogueEvents, type)) return 'mcpCatalogue-github';
  if (Object.hasOwn(keyRoleEvents, type)) return 'keyRole-engineering';
  return Object.hasOwn(mcpServerEvents, type) ? 'mcpServer-github' : 'apiKey-0190a1b2-0000-7000-8000-000000000001';
}

const recorded = (type: string, data: JsonObject, metadata: JsonObject): RecordedEvent => ({
  id: '0190a1b2-0000-7000-8000-00000000000a',
  stream: streamOf(type),
  revision: 0,
  position: 1n,
  type,
  data,
  metadata,
});
const metadata = (schema: number) => ({
  schema,
  at: '2026-11-23T00:00:00.000Z',
  actor: 'system:test',
  correlationId: 'c',
  causationId: 'c',
  prev: '',
  hash: 'h',
});

describe('every released event shape decodes for ever', () => {
  const files = readdirSync(GOLDEN);
  it.each(files)('%s', (file) => {
    const events = JSON.parse(readFileSync(new URL(file, GOLDEN), 'utf8')) as RecordedEvent[];
    for (const { type, data, metadata } of events) {
      const decoded = decode(ALL, recorded(type, data, metadata));
      expect(decoded).toMatchObject({ type, data });
    }
  });
  it('has one golden file for each shape of each type [events-decode-for-ever]', () => {
    const shapes = Object.keys(ALL).flatMap((type) =>
      Array.from({ length: schemaOf(ALL, type) }, (_, n) => `${type}.${n + 1}.json`),
    );
    expect(files.sort()).toEqual(shapes.sort());
  });
});

describe('decoding', () => {
  const catalogue = {
    Moved: {
      data: z.object({ to: z.object({ x: z.number(), y: z.number() }) }),
      upcasts: [({ x }) => ({ x: x ?? 0, y: 0 }), ({ x, y }) => ({ to: { x: x ?? 0, y: y ?? 0 } })],
    },
  } satisfies Catalogue;

  it('brings every older shape to the newest [events-decode-for-ever]', () => {
    const to = (schema: number, data: JsonObject) =>
      decode(catalogue, recorded('Moved', data, metadata(schema)))?.data.to;
    expect(to(1, { x: 1 })).toEqual({ x: 1, y: 0 });
    expect(to(2, { x: 1, y: 2 })).toEqual({ x: 1, y: 2 });
    expect(to(3, { to: { x: 1, y: 2 } })).toEqual({ x: 1, y: 2 });
    expect(schemaOf(catalogue, 'Moved')).toBe(3);
  });
  it('skips a type that it does not know, even one named like a method of objects [events-unreadable-alone]', () => {
    expect(decode(catalogue, recorded('Sold', {}, metadata(1)))).toBeUndefined();
    expect(decode(catalogue, recorded('toString', {}, metadata(1)))).toBeUndefined();
  });
  it.each([
    ['does not fit its schema', recorded('Moved', { to: 'x' }, metadata(3))],
    ['was written by a newer program', recorded('Moved', {}, metadata(4))],
    ['has metadata of another shape', recorded('Moved', { x: 1 }, { schema: 1 })],
  ])('stops loudly at a known event that %s [events-unreadable-alone]', (_why, event) => {
    expect(() => decode(catalogue, event)).toThrow(UnreadableEvent);
  });
});

describe('an event that is about to be appended [events-checked-where-made]', () => {
  const about = { at: '2026-11-23T00:00:00.000Z', actor: 'system:test', correlationId: 'c', causationId: 'c' };
  const settings = {
    transport: 'http',
    url: 'https://example.com/mcp',
    isolation: 'session',
    limits: { maxInFlight: 1 },
    timeouts: { connectMs: 1, idleMs: 1, totalMs: 1 },
  };
  const encode = (type: string, data: object, more: object = {}) =>
    encodeEvent(ALL, { type, data }, { ...about, ...more });
  const created = {
    name: 'ci',
    scopes: ['mcp'],
    grants: ['*'],
    sealed: { dek: '0190a1b2-0000-7000-8000-000000000001', box: 'AAEC' },
  };

  it('is written without what is undefined, and reads back', () => {
    const written = encode('McpServerRegistered', { ...settings, title: undefined }, { traceparent: undefined });
    expect(written).toEqual({ type: 'McpServerRegistered', data: settings, metadata: { schema: 1, ...about } });
    const stored = { ...written.metadata, prev: '', hash: 'h' };
    expect(decode(ALL, recorded(written.type, written.data, stored))?.data).toEqual(settings);
  });

  it.each<[string, string, object, object, string]>([
    ['a URL that readers mend', 'McpServerRegistered', { ...settings, url: 'http:example.com' }, {}, 'data.url'],
    ['a URL with white space', 'McpServerUpdated', { ...settings, url: ' https://example.com' }, {}, 'data.url'],
    ['a user in the URL', 'McpServerRegistered', { ...settings, url: 'http://u:p@h' }, {}, 'data.url'],
    ['a member that is not known', 'McpServerDisabled', { because: 'r' }, {}, 'data'],
    ['one inside another', 'McpServerRegistered', { ...settings, limits: { maxInFlight: 1, x: 1 } }, {}, 'data'],
    ['a title too long', 'McpServerRegistered', { ...settings, title: 'x'.repeat(257) }, {}, 'data.title'],
    ['a reason too long', 'McpServerDeleted', { deks: [], reason: 'x'.repeat(4_097) }, {}, 'data.reason'],
    [
      'half a number',
      'McpServerRegistered',
      { ...settings, limits: { maxInFlight: 0.5 } },
      {},
      'data.limits.maxInFlight',
    ],
    ['a time-out of more than a century', 'McpServerRegistered', timeouts(4e12), {}, 'data.timeouts.totalMs'],
    [
      'a year of five digits',
      'ApiKeyCreated',
      { ...created, expiresAt: '+010000-01-01T04:59:59.000Z' },
      {},
      'data.expiresAt',
    ],
    ['the year 0', 'ApiKeyCreated', { ...created, expiresAt: '0000-01-01T00:00:00.000Z' }, {}, 'data.expiresAt'],
    [
      'a time finer than milliseconds',
      'ApiKeyCreated',
      { ...created, expiresAt: '2030-01-01T00:00:00.0001Z' },
      {},
      'data.expiresAt',
    ],
    ['a grant of no form', 'ApiKeyCreated', { ...created, grants: ['a:'] }, {}, 'data.grants.0'],
    ['a blank name', 'ApiKeyCreated', { ...created, name: ' ' }, {}, 'data.name'],
    ['U+0000', 'ApiKeyInactivated', { reason: 'a\0' }, {}, 'data.reason'],
    ['half a surrogate pair', 'ApiKeyInactivated', { reason: '\ud800' }, {}, 'data.reason'],
    ['an actor too long for an index', 'ApiKeyInactivated', {}, { actor: 'ü'.repeat(501) }, 'metadata.actor'],
    ['no actor', 'ApiKeyInactivated', {}, { actor: '' }, 'metadata.actor'],
    ['an unknown member of the metadata', 'ApiKeyInactivated', {}, { more: 1 }, 'metadata'],
  ])('is refused with %s, and the place is named', (_what, type, data, more, path) => {
    expect(() => encode(type, data, more)).toThrow(
      expect.objectContaining({ kind: 'invalid', code: 'event-invalid', data: { type, path } }),
    );
  });

  it('is refused with what no store holds, wherever it stands', () => {
    expect(() => encode('ApiKeyInactivated', {}, { traceparent: '\0' })).toThrow(
      expect.objectContaining({ kind: 'invalid', code: 'event-data-invalid' }),
    );
  });

  function timeouts(totalMs: number): object {
    return { ...settings, timeouts: { connectMs: 1, idleMs: 1, totalMs } };
  }
});

describe('an event of a stream of ours [events-unreadable-alone]', () => {
  const base = { scopes: ['mcp'], grants: ['*'] };
  const at = '2026-11-23T00:00:00.000Z';
  let deep: JsonObject = {};
  for (let i = 0; i < 100_000; i += 1) deep = { deep };

  it.each<[string, JsonObject, JsonObject]>([
    ['U+0000 in an unknown field', { ...base, other: ['\0'] }, {}],
    ['half a surrogate pair', { ...base, reason: '\udc00' }, {}],
    ['more depth than a reader bears', { ...base, deep }, {}],
    ['the year 0', { ...base, expiresAt: '0000-06-01T00:00:00Z' }, {}],
    ['a time that PostgreSQL rounds to the year 10000', { ...base, expiresAt: '9999-12-31T23:59:59.9999999Z' }, {}],
    ['an actor that no index holds', base, { actor: 'x'.repeat(3_000) }],
    ['a year 0 of its own', base, { at: '0000-06-01T00:00:00Z' }],
  ])('that holds %s is unreadable', (_what, data, more) => {
    const event = recorded('ApiKeyAccessChanged', data, { ...metadata(1), ...more });
    expect(() => decode(ALL, event)).toThrow(UnreadableEvent);
  });

  it.each(['apiKey-0190A1B2-0000-7000-8000-000000000001', 'apiKey-nobody', 'mcpServer-github'])(
    'is none in %s, whose name no key has',
    (stream) => {
      const event = { ...recorded('ApiKeyAccessChanged', base, metadata(1)), stream };
      expect(decode(ALL, event)).toBeUndefined();
    },
  );

  it.each([
    ['http:api.example.com/mcp', 'http:api.example.com/mcp'],
    ['http:/x', 'http:/x'],
    [' https://x/ ', 'https://x/'],
  ])('with the address %j, which an older version stored, is read [events-decode-for-ever]', (url, read) => {
    const settings = { transport: 'http', url, isolation: 'session', limits: { maxInFlight: 1 } };
    const data = { ...settings, timeouts: { connectMs: 1, idleMs: 1, totalMs: 1e15 }, title: 'x'.repeat(9_999) };
    const event = recorded('McpServerRegistered', data, { ...metadata(1), at });
    expect(decode(mcpServerEvents, event)?.data).toMatchObject({ url: read });
  });
});
