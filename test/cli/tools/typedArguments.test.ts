import { describe, expect, it } from 'vitest';
import { readTypedArgument, typedArguments, type TypedArgument } from '../../../cli/tools/typedArguments.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { stringifyLossless } from '../../../src/mcp/losslessJson.ts';

const typed = (...words: string[]) =>
  words.map(readTypedArgument).filter((each): each is TypedArgument => each !== undefined);

function argsOf(schema: JsonObject, ...words: string[]): string {
  const read = typedArguments(schema, typed(...words));
  return 'args' in read ? stringifyLossless(read.args) : read.complaints.join(' | ');
}

const property = (schema: unknown) => ({ type: 'object', properties: { a: schema } });

describe('a typed argument', () => {
  it.each<[schema: unknown, text: string, json: string]>([
    [{ type: 'string' }, '12', '"12"'],
    [{ type: 'string' }, '', '""'],
    [{ type: 'string' }, 'a=b:=c', '"a=b:=c"'],
    [{ type: 'string' }, ' x\ny ', '" x\\ny "'],
    [{ type: 'integer' }, '12', '12'],
    [{ type: 'integer' }, '9007199254740993', '9007199254740993'],
    [{ type: 'number' }, '-1.5e3', '-1.5e3'],
    [{ type: 'boolean' }, 'true', 'true'],
    [{ type: ['integer', 'null'] }, 'null', 'null'],
    [{ type: 'object' }, '{"b":[1]}', '{"b":[1]}'],
    [{ type: 'array', items: { type: 'integer' } }, '[1,2]', '[1,2]'],
    [{ type: 'array', items: { type: 'string' } }, 'x', '["x"]'],
    [{ enum: ['x', 'y'] }, 'y', '"y"'],
    [{ enum: [1, 2] }, '2', '2'],
    [{ anyOf: [{ type: 'string' }, { type: 'integer' }] }, '7', '7'],
    [{ $ref: '#/$defs/n' }, '7', '7'],
    [{}, '7', '7'],
    [{}, 'plain', '"plain"'],
    [true, '{"b":1}', '{"b":1}'],
  ])('of %j that is %j is sent as %s [cli-tool-arguments]', (schema, text, json) => {
    expect(argsOf({ ...property(schema), $defs: { n: { type: 'integer' } } }, `a=${text}`)).toBe(`{"a":${json}}`);
  });

  it('of any type may be JSON, and an item of a list that is given several times [cli-tool-arguments]', () => {
    expect(argsOf(property({ type: 'string' }), 'a:={"b":1.0}')).toBe('{"a":{"b":1.0}}');
    const list = property({ type: 'array', items: { type: 'integer' } });
    expect(argsOf(list, 'a=1', 'a=2')).toBe('{"a":[1,2]}');
    expect(argsOf(list, 'a:=[3]')).toBe('{"a":[3]}');
    expect(argsOf({ type: 'object' }, 'x=1', 'y=two', '__proto__=3')).toBe('{"x":1,"y":"two","__proto__":3}');
  });

  it('of an object may be typed member by member, each of its own type [cli-tool-arguments]', () => {
    const filter = {
      type: 'object',
      properties: {
        owner: { type: 'string' },
        stars: { type: 'integer' },
        labels: { type: 'array', items: { type: 'string' } },
        range: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/range' }] },
      },
      required: ['owner'],
      additionalProperties: false,
    };
    const range = { type: 'object', properties: { from: { type: 'number' } } };
    const schema = {
      type: 'object',
      properties: { filter, any: {}, 'a.b': { type: 'string' }, text: { type: 'string' } },
      $defs: { range },
    };
    const words = ['filter.owner=7', 'filter.stars=7', 'filter.labels=a', 'filter.labels=b', 'filter.range.from=1.5'];
    expect(argsOf(schema, ...words)).toBe('{"filter":{"owner":"7","stars":7,"labels":["a","b"],"range":{"from":1.5}}}');
    expect(argsOf(schema, 'filter={"owner":"x"}', 'filter.stars=1')).toBe('{"filter":{"owner":"x","stars":1}}');
    expect(argsOf(schema, 'a.b=1', 'any.x.y=1')).toBe('{"a.b":"1","any":{"x.y":1}}');
    // A text has no members: the name is one of its own.
    expect(argsOf(schema, 'text.x=1')).toBe('{"text.x":1}');
    expect(argsOf(schema, 'filter.stars=many', 'filter.owner=x')).toBe('filter.stars: Write an integer, as 12.');
    expect(argsOf(schema, 'filter.stars=1')).toBe('The tool needs filter.owner (text (may be empty)).');
    expect(argsOf(schema, 'filter.owner=x', 'filter.star=1')).toMatch(
      /^The tool has no argument filter\.star; it has filter\.owner, filter\.stars, /,
    );
    expect(argsOf(schema, 'filter:=[1]', 'filter.owner=x')).toBe('filter is given twice.');
  });

  it.each<[schema: JsonObject, words: string[], complaint: string]>([
    [property({ type: 'integer' }), ['a=1.5'], 'a: Write an integer, as 12.'],
    [property({ type: 'boolean' }), ['a=yes'], 'a: One of: true, false.'],
    [property({ enum: ['x', 'y'] }), ['a=z'], 'a: One of: x, y.'],
    [property({ type: 'string' }), ['a:=hush{'], 'a: This is no JSON.'],
    [property({ type: 'string' }), ['a=1', 'a=2'], 'a is given twice.'],
    [property({ type: 'array', items: { type: 'integer' } }), ['a=hush'], 'a: Write an integer, as 12.'],
    [
      { ...property({ type: 'string' }), additionalProperties: false },
      ['b=1'],
      'The tool has no argument b; it has a.',
    ],
    [{ type: 'object', additionalProperties: false }, ['b=1'], 'The tool has no argument b: it takes none.'],
    [{ ...property({ type: 'integer' }), required: ['a'] }, [], 'The tool needs a (integer).'],
    [{ ...property({ enum: ['x', 2] }), required: ['a'] }, [], 'The tool needs a (one of: x, 2).'],
    [{ ...property({ type: 'boolean' }), required: ['a'] }, [], 'The tool needs a (boolean).'],
    [{ type: 'object', required: ['a'] }, [], 'The tool needs a.'],
    [
      { properties: { count: { type: 'integer' } }, additionalProperties: false },
      ['cuont=1'],
      'The tool has no argument cuont; it has count. Did you mean count?',
    ],
    [
      { properties: { count: { type: 'integer' } }, required: ['count'] },
      ['cuont=1'],
      'The tool needs count (integer). | The tool’s schema does not name cuont, which the server may pass over; it has count. ' +
        'Did you mean count?',
    ],
  ])('that does not fit %j, as %j, is told of by its name [cli-tool-arguments]', (schema, words, complaint) => {
    const read = argsOf(schema, ...words);
    expect(read).toBe(complaint);
    expect(read).not.toContain('hush');
  });

  it('is put over those of a file [cli-tool-arguments]', () => {
    const schema = { ...property({ type: 'integer' }), required: ['a', 'b'] };
    expect(typedArguments(schema, typed('a=2'), { a: 1, b: 'x' })).toEqual({ args: { a: 2, b: 'x' } });
  });

  it('is a name, a sign and a value [cli-tool-arguments]', () => {
    expect(readTypedArgument('a=')).toEqual({ name: 'a', text: '', isJson: false });
    expect(readTypedArgument('a.b:=1')).toEqual({ name: 'a.b', text: '1', isJson: true });
    for (const word of ['a', '=1', '']) expect(readTypedArgument(word)).toBeUndefined();
  });
});

describe('an argument that the schema does not name', () => {
  const notesOf = (schema: JsonObject, words: readonly string[]) => {
    const read = typedArguments(schema, typed(...words));
    return 'args' in read ? (read.notes ?? []) : read.complaints;
  };

  it.each<[schema: JsonObject, words: string[], names: string]>([
    [property({ type: 'integer' }), ['b=1'], 'does not name b, which the server may pass over; it has a.'],
    [{ ...property({}), additionalProperties: true }, ['b=1'], 'does not name b'],
    [{ ...property({}), additionalProperties: {} }, ['b:=1'], 'does not name b'],
    [
      property(property({ type: 'string' })),
      ['a.b=1'],
      'does not name a.b, which the server may pass over; it has a.a.',
    ],
  ])('of %j, as %j, is sent, and told of with those that it names [cli-tool-arguments]', (schema, words, text) => {
    expect(notesOf(schema, words)).toEqual([expect.stringContaining(text)]);
  });

  it.each<[schema: JsonObject, words: string[]]>([
    [property({}), ['a=1']],
    [{ type: 'object' }, ['b=1']],
    [{ ...property({}), additionalProperties: { type: 'string' } }, ['b=1']],
    [{ ...property({}), patternProperties: { '^x-': {} } }, ['x-b=1']],
    [{ ...property({}), allOf: [{ properties: { b: {} } }] }, ['b=1']],
  ])('of %j, as %j, is none, or may be named elsewhere [cli-tool-arguments]', (schema, words) => {
    expect(notesOf(schema, words)).toEqual([]);
  });
});
