import { describe, expect, test } from 'vitest';
import { encodeEvents, MAX_APPEND_BYTES } from '../../src/events/encodeEvents.ts';
import type { JsonObject, NewEvent } from '../../src/events/eventStore.ts';

const ID = '019ab000-0000-7000-8000-000000000001';

/** Something that the types forbid, as it may come from a cast elsewhere. */
function notJson(value: unknown): JsonObject {
  return value as JsonObject;
}

function event(change: Partial<NewEvent>): NewEvent {
  return { id: ID, type: 'T', data: {}, metadata: {}, ...change };
}

let deep: JsonObject = {};
for (let i = 0; i < 300; i += 1) deep = { deep };

describe('encoding an append', () => {
  test('writes data and metadata as JSON and drops what is undefined', () => {
    const data = notJson({ a: [1, { b: null }], gone: undefined });
    expect(encodeEvents('s', [event({ data, metadata: { m: '"' } })])).toEqual([
      { id: ID, type: 'T', data: '{"a":[1,{"b":null}]}', metadata: '{"m":"\\""}' },
    ]);
  });

  test.each<[string, Partial<NewEvent>]>([
    ['U+0000 in a string', { data: { a: ['\0'] } }],
    ['U+0000 in a key', { data: { 'a\0': 1 } }],
    ['half a surrogate pair in a string', { metadata: { a: '\ud800' } }],
    ['half a surrogate pair in a key', { metadata: { '\udc00': 1 } }],
    ['half a surrogate pair in the type', { type: '\ud800' }],
    ['NaN', { data: { a: NaN } }],
    ['Infinity', { data: { a: [Infinity] } }],
    ['undefined in a list', { data: notJson({ a: [undefined] }) }],
    ['a list with an empty slot', { data: notJson({ a: Array(1) }) }],
    ['a bigint', { data: notJson({ a: 1n }) }],
    ['a function', { data: notJson({ a: () => 1 }) }],
    ['a Date', { data: notJson({ a: new Date() }) }],
    ['a Map', { data: notJson(new Map()) }],
    ['a list in place of an object', { data: notJson([]) }],
    ['null in place of an object', { metadata: notJson(null) }],
    ['300 objects, one in the other', { data: deep }],
    ['an id in upper case', { id: ID.toUpperCase() }],
    ['an id that is no UUID', { id: 'one' }],
    ['an empty type', { type: '' }],
    ['a type of more than 1,000 bytes', { type: 'é'.repeat(501) }],
  ])('refuses %s', (_, change) => {
    expect(() => encodeEvents('s', [event(change)])).toThrow(
      expect.objectContaining({ kind: 'invalid', code: 'event-data-invalid' }),
    );
  });

  test('refuses two events with one id', () => {
    expect(() => encodeEvents('s', [event({}), event({})])).toThrow('same id');
  });

  test.each(['', 'a\0b', '\ud800', 'x'.repeat(1_001)])('refuses the stream name %j', (stream) => {
    expect(() => encodeEvents(stream, [event({})])).toThrow(expect.objectContaining({ code: 'event-data-invalid' }));
  });

  test('counts the bytes of all events, as EventStoreDB does', () => {
    const half = (MAX_APPEND_BYTES - 2 * ('{"a":""}{}'.length + 2)) / 2;
    const events = [
      event({ data: { a: 'x'.repeat(half) } }),
      event({ id: ID.replace('1', '2'), data: { a: 'é'.repeat(half / 2) } }),
    ];
    expect(encodeEvents('s', events)).toHaveLength(2);
    expect(() => encodeEvents('s', [event({ ...events[0], type: 'TT' }), events[1]!])).toThrow(
      expect.objectContaining({
        code: 'append-too-large',
        data: { bytes: MAX_APPEND_BYTES + 2, maxBytes: MAX_APPEND_BYTES },
      }),
    );
  });
});
