import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { JsonOutline } from '../../src/mcp/jsonOutline.ts';
import { isReadOneWay } from '../../src/proxy/strictMembers.ts';

/** Cuts bytes into pieces at the places given. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end));
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });
const tricky = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', 'a', ' ', 'é', '\n'), maxLength: 80 });
const json = fc.oneof(
  fc.dictionary(tricky, fc.oneof(tricky, fc.jsonValue())),
  fc.array(fc.oneof(tricky, fc.jsonValue())),
);

describe('completeness of JSON', () => {
  function isComplete(chunks: readonly Buffer[]): boolean {
    const completeness = new JsonOutline();
    for (const chunk of chunks) completeness.push(chunk);
    return completeness.complete;
  }

  propertyTest.prop([json, cuts, fc.constantFrom(0, 2)])(
    'a whole document is complete, however it is cut',
    (value, at, indent) => {
      expect(isComplete(pieces(Buffer.from(JSON.stringify(value, null, indent)), at))).toBe(true);
    },
  );

  propertyTest.prop([json, cuts, fc.nat()])('no beginning of a document is', (value, at, length) => {
    const bytes = Buffer.from(JSON.stringify(value));
    expect(isComplete(pieces(bytes.subarray(0, length % bytes.length), at))).toBe(false);
  });

  test.for(['', '1', 'null', '"{}"', '<html></html>', '{}{}', '{} x', '}', ']['])('%j is not', (text) => {
    expect(isComplete([Buffer.from(text)])).toBe(false);
  });

  test('white space around changes nothing', () => {
    expect(isComplete([Buffer.from(' \r\n{"a":[]} \n')])).toBe(true);
  });
});

describe('messages that are read one way', () => {
  propertyTest.prop([json])('every object whose names differ is', (value) => {
    const message = { jsonrpc: '2.0', id: 1, method: 'm', params: { arguments: value, name: 'n' } };
    expect(isReadOneWay(JSON.stringify(message, null, 1))).toBe(true);
    expect(isReadOneWay(JSON.stringify([message, message]))).toBe(true);
  });

  const names = fc.constantFrom('jsonrpc', 'id', 'method', 'params');

  propertyTest.prop([names, json, fc.boolean()])(
    'one with a member twice is not, wherever it stands',
    (name, value, first) => {
      const rest = `"jsonrpc":"2.0","id":1,"method":"m","params":{"name":"n","arguments":${JSON.stringify(value)}}`;
      const again = `"${name}":${JSON.stringify(value)}`;
      expect(isReadOneWay(first ? `{${again},${rest}}` : `{${rest},${again}}`)).toBe(false);
    },
  );

  propertyTest.prop([names, fc.nat()])('one with a member in other letters is not', (name, at) => {
    const index = at % name.length;
    const other = name.slice(0, index) + (name[index] ?? '').toUpperCase() + name.slice(index + 1);
    expect(isReadOneWay(`{"${other}":1}`)).toBe(false);
  });

  propertyTest.prop([names, fc.nat()])('an escape hides nothing', (name, at) => {
    const index = at % name.length;
    const code = name.charCodeAt(index).toString(16).padStart(4, '0');
    const escaped = `${name.slice(0, index)}\\u${code}${name.slice(index + 1)}`;
    expect(isReadOneWay(`{"${name}":1,"${escaped}":2}`)).toBe(false);
  });

  test('depth does not exhaust the stack', () => {
    const deep = `{"params":${'['.repeat(200_000)}${']'.repeat(200_000)},"id":1,"id":2}`;
    expect(isReadOneWay(deep)).toBe(false);
  });
});
