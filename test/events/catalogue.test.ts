import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { apiKeyEvents } from '../../src/events/apiKey.ts';
import { decode, schemaOf, UnreadableEvent, type Catalogue } from '../../src/events/catalogue.ts';
import type { JsonObject, RecordedEvent } from '../../src/events/eventStore.ts';
import { mcpServerEvents } from '../../src/events/mcpServer.ts';

const GOLDEN = new URL('../golden/', import.meta.url);
const ALL: Catalogue = { ...apiKeyEvents, ...mcpServerEvents };

const recorded = (type: string, data: JsonObject, metadata: JsonObject): RecordedEvent => ({
  id: '0190a1b2-0000-7000-8000-00000000000a',
  stream: type.startsWith('McpServer') ? 'mcpServer-github' : 'apiKey-0190a1b2-0000-7000-8000-000000000001',
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
  it('skips a type that it does not know, even one named like a method of objects [events-unreadable-stops]', () => {
    expect(decode(catalogue, recorded('Sold', {}, metadata(1)))).toBeUndefined();
    expect(decode(catalogue, recorded('toString', {}, metadata(1)))).toBeUndefined();
  });
  it.each([
    ['does not fit its schema', recorded('Moved', { to: 'x' }, metadata(3))],
    ['was written by a newer program', recorded('Moved', {}, metadata(4))],
    ['has metadata of another shape', recorded('Moved', { x: 1 }, { schema: 1 })],
  ])('stops loudly at a known event that %s [events-unreadable-stops]', (_why, event) => {
    expect(() => decode(catalogue, event)).toThrow(UnreadableEvent);
  });
});
