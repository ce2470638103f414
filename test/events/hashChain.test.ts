import { fc, test as property } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import type { JsonObject, NewEvent } from '../../src/events/eventStore.ts';
import { chain, hashOf } from '../../src/events/hashChain.ts';

const KEY = Buffer.alloc(32, 7);
const STREAM = 'mcpServer-a';
const event = (id: string, data: JsonObject = {}): NewEvent => ({ id, type: 'T', data, metadata: { at: 'now' } });

it('computes the known hash: stored chains depend on it', () => {
  const [linked] = chain(KEY, STREAM, undefined, [event('1', { b: 1, a: 'é' })]);
  expect(linked?.metadata).toEqual({ at: 'now', prev: '', hash: 'OEIQxX5jFFaQHXGjl4UKzQLVZp2LVcEi-bhzS3krqE4' });
});

it('links each event to the one before, across appends [events-chained]', () => {
  const whole = chain(KEY, STREAM, undefined, [event('1'), event('2'), event('3')]);
  const [first] = chain(KEY, STREAM, undefined, [event('1')]);
  const head = {
    revision: 0,
    hash: hashOf(KEY, { ...event('1'), stream: STREAM, revision: 0, metadata: { at: 'now', prev: '' } }),
  };
  expect([first, ...chain(KEY, STREAM, head, [event('2'), event('3')])]).toEqual(whole);
  expect(whole.map(({ metadata }) => metadata['prev'])).toEqual([
    '',
    whole[0]?.metadata['hash'],
    whole[1]?.metadata['hash'],
  ]);
});

const json = fc.jsonValue().map((value) => ({ value }) as JsonObject);

property.prop([json, json])('two events have the same hash exactly when they are the same JSON', (a, b) => {
  const hash = (data: JsonObject) => hashOf(KEY, { ...event('1', data), stream: STREAM, revision: 0 });
  expect(hash(a) === hash(b)).toBe(sortedText(a) === sortedText(b));
  expect(hash(JSON.parse(JSON.stringify(a)) as JsonObject)).toBe(hash(a));
});

function sortedText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

it.each([
  ['stream', { stream: 'mcpServer-b' }],
  ['revision', { revision: 1 }],
  ['type', { type: 'U' }],
  ['id', { id: '2' }],
  ['data', { data: { a: 1 } }],
  ['metadata', { metadata: { at: 'then' } }],
])('covers the %s [events-chained]', (_what, change) => {
  const original = { ...event('1'), stream: STREAM, revision: 0 };
  expect(hashOf(KEY, { ...original, ...change })).not.toBe(hashOf(KEY, original));
});

it('depends on the key, and not on the hash that the metadata carries', () => {
  const original = { ...event('1'), stream: STREAM, revision: 0 };
  expect(hashOf(Buffer.alloc(32, 8), original)).not.toBe(hashOf(KEY, original));
  expect(hashOf(KEY, { ...original, metadata: { ...original.metadata, hash: 'any' } })).toBe(hashOf(KEY, original));
});
