import { fc, test as propertyTest } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { edited, placesOf } from '../../src/proxy/jsonPlaces.ts';

const PATHS = { a: { b: true }, c: true } as const;
// No name that JSON has to escape: V8 (Node.js 24.21) misreads some of those, and it is the judge here.
const name = fc.constantFrom('a', 'b', 'c', 'd', '', '{', '__proto__', 'é');
const json = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof(fc.jsonValue(), fc.constantFrom('{', '"', '\\', ',', ':'), tie('object')),
  object: fc.dictionary(name, tie('value'), { maxKeys: 5 }),
}));
const indent = fc.constantFrom(0, 3);

function text(value: unknown, spaces: number): string {
  return JSON.stringify(value, null, spaces);
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** What stands at the paths, found by parsing. */
function expected(value: object, change: (object: Record<string, unknown>, name: string) => void): unknown {
  const whole: unknown = JSON.parse(JSON.stringify(value));
  const root = objectOf(whole) ?? {};
  const inner = objectOf(root['a']);
  if (inner !== undefined) {
    if (Object.hasOwn(inner, 'b')) change(inner, 'b');
    root['a'] = inner;
  }
  if (Object.hasOwn(root, 'c')) change(root, 'c');
  return root;
}

propertyTest.prop([json.object, indent])('the places of a text are where its values are', (value, spaces) => {
  const whole = text(value, spaces);
  const found = placesOf(whole, PATHS).map(({ path, from, to }): unknown[] => [
    path,
    JSON.parse(whole.slice(from, to)),
  ]);
  const wanted: unknown[] = [];
  expected(value, (object, at) => {
    wanted.push([at === 'b' ? 'a.b' : at, object[at]]);
  });
  expect(Object.fromEntries(found as [string, unknown][])).toEqual(Object.fromEntries(wanted as [string, unknown][]));
});

propertyTest.prop([json.object, indent, fc.jsonValue()])('a value is replaced there', (value, spaces, other) => {
  const whole = text(value, spaces);
  const edits = placesOf(whole, PATHS).map(({ from, to }) => ({ from, to, text: JSON.stringify(other) }));
  const wanted = expected(value, (object, at) => {
    object[at] = JSON.parse(JSON.stringify(other));
  });
  expect(JSON.parse(edited(whole, edits))).toEqual(wanted);
});

propertyTest.prop([json.object, indent])('a member is cut out with one comma', (value, spaces) => {
  const whole = text(value, spaces);
  const edits = placesOf(whole, PATHS).map(({ cutFrom: from, cutTo: to }) => ({ from, to, text: '' }));
  const wanted = expected(value, (object, at) => {
    Reflect.deleteProperty(object, at);
  });
  expect(JSON.parse(edited(whole, edits))).toEqual(wanted);
});

test('a member that is there twice is found twice', () => {
  expect(placesOf('{"c":1,"c":2}', PATHS)).toMatchObject([{ from: 5 }, { from: 11 }]);
});

test.for([
  ['{"c":1,"c":2,"x":3}', { x: 3 }],
  ['{"c":1,"c":2}', {}],
  ['{ "x":3 , "c":1 , "c":2 , "y":4 }', { x: 3, y: 4 }],
  ['{"c":1,"x":3,"c":2}', { x: 3 }],
] as const)('a member that is there twice is cut out twice: %s', ([json, left]) => {
  const edits = placesOf(json, PATHS).map(({ cutFrom: from, cutTo: to }) => ({ from, to, text: '' }));
  expect(JSON.parse(edited(json, edits))).toEqual(left);
});

test('deep nesting is no recursion', () => {
  const deep = `{"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)},"c":1}`;
  expect(placesOf(deep, PATHS)).toHaveLength(1);
});

test('a name is found whatever its escapes', () => {
  expect(placesOf('{"\\"":1,"\\\\":{"c":2},"\\u0063":3,"c\\\\":4}', PATHS)).toMatchObject([{ path: 'c', from: 30 }]);
});
