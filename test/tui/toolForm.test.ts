import { describe, expect, it } from 'vitest';
import { bodyLines } from '../../cli/tui/frame/frameLines.ts';
import { push } from '../../cli/tui/frame/state.ts';
import { answerScreen } from '../../cli/tui/screens/tool/answerScreen.ts';
import { plain } from '../../cli/tui/frame/text/style.ts';
import { parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';
import { startState } from './stateWorld.ts';
import { formOf, formOfOne, onScreen, sent, shown, submitted } from './toolFormWorld.ts';

const NUMBERS = ['9007199254740993', '1e400', '1.10', '-0', '123456789012345678901234567890', '1e3'];

describe('a number that is typed', () => {
  it.each(NUMBERS)('reaches the server as %s [tui-tool-form-values]', (text) => {
    expect(sent(formOfOne({ type: 'number' }), { a: text })).toBe(`{"a":${text}}`);
    expect(sent(formOfOne({ type: 'number' }), { a: ` ${text} ` })).toBe(`{"a":${text}}`);
    expect(sent(formOfOne({ type: 'object' }), { a: `{"b": [${text}]}` })).toBe(`{"a":{"b":[${text}]}}`);
    expect(sent(formOfOne({}), { a: text })).toBe(`{"a":${text}}`);
    expect(sent(formOf({ anyOf: [{}] }), { arguments: `{"c":${text}}` })).toBe(`{"c":${text}}`);
  });

  it.each(['1.0', '1e3', '1.50e1', '10e-1', '0.0', '9007199254740993', '1e400', '-0'])(
    'is an integer when it is %s [tui-tool-form-values]',
    (text) => {
      expect(sent(formOfOne({ type: 'integer' }), { a: text })).toBe(`{"a":${text}}`);
    },
  );

  it.each(['1.5', '1e-1', '15e-1', '1.05e1', 'ten', '0x10', '1_000', '+1', '.5', '1.', '01', 'Infinity', '१', '"1"'])(
    'is no integer when it is %s [tui-tool-form-values]',
    (text) => {
      expect(() => sent(formOfOne({ type: 'integer' }), { a: text })).toThrow('Write an integer');
    },
  );

  it('is compared with bounds of any size and spelling [tui-tool-form]', () => {
    const form = formOf('{"properties":{"a":{"type":"number","minimum":0.0,"maximum":1e3}}}');
    expect(sent(form, { a: '1000' })).toBe('{"a":1000}');
    expect(() => sent(form, { a: '1e400' })).toThrow('At most 1e3.');
    expect(() => sent(form, { a: '-1' })).toThrow('At least 0.0.');
    expect(sent(formOf('{"properties":{"a":{"type":"number","maximum":"9","minimum":null}}}'), { a: '10' })).toBe(
      '{"a":10}',
    );
  });
});

describe('an argument that may be null', () => {
  it.each([
    ['anyOf', { anyOf: [{ type: 'string' }, { type: 'null' }], default: null }],
    ['oneOf', { oneOf: [{ type: 'null' }, { type: 'string' }] }],
    ['a list of types', { type: ['string', 'null'] }],
    ['a reference', { anyOf: [{ $ref: '#/$defs/T' }, { type: 'null' }] }],
    ['allOf within', { anyOf: [{ allOf: [{ type: 'string' }] }, { const: null }] }],
    ['nullable', { type: 'string', nullable: true }],
  ])('by %s behaves as an optional text: digits stay text [tui-tool-form-values]', (_by, property) => {
    const form = formOf({ type: 'object', properties: { a: property }, $defs: { T: { type: 'string' } } });
    expect(form.spec.fields).toMatchObject([{ kind: 'text', label: 'a' }]);
    expect(sent(form)).toBe('{}');
    for (const text of ['5', '007', 'true', 'null', '{}', '"q"', ' x ']) {
      expect(sent(form, { a: text })).toBe(JSON.stringify({ a: text }));
    }
  });

  it.each([
    ['integer', '5', '5'],
    ['number', '1.10', '1.10'],
    ['boolean', 'false', 'false'],
    ['array', '[1]', '[1]'],
    ['object', '{"b":1}', '{"b":1}'],
  ])('and is %s behaves as an optional one [tui-tool-form-values]', (type, text, value) => {
    const plainForm = formOfOne({ type });
    for (const property of [{ type: [type, 'null'] }, { anyOf: [{ type }, { type: 'null' }], default: null }]) {
      const form = formOfOne(property);
      expect(form.spec.fields[0]?.options).toEqual(plainForm.spec.fields[0]?.options);
      expect(sent(form)).toBe('{}');
      expect(sent(form, { a: text })).toBe(`{"a":${value}}`);
      expect(() => sent(form, { a: 'x' })).toThrow();
    }
  });

  it('is null when it is required and left empty [tui-tool-form-values]', () => {
    for (const type of ['string', 'integer', 'boolean', 'array']) {
      expect(sent(formOfOne({ type: [type, 'null'] }, ['a']))).toBe('{"a":null}');
    }
  });
});

describe('an empty answer', () => {
  it('is an empty text where a text is required, unless that is too short [tui-tool-form-values]', () => {
    expect(sent(formOfOne({ type: 'string' }, ['a']))).toBe('{"a":""}');
    expect(() => sent(formOfOne({ type: 'string', minLength: 1 }, ['a']))).toThrow('At least 1 characters');
    expect(() => sent(formOfOne({ type: 'integer' }, ['a']))).toThrow('needs this');
    expect(sent(formOfOne({ type: 'string' }))).toBe('{}');
  });

  it('is made an empty text, null, and nothing again by Ctrl-N [tui-tool-form-values]', () => {
    const tui = onScreen({ properties: { a: { type: ['string', 'null'] } } });
    const results = ['', 'ctrl-n', 'ctrl-n', 'ctrl-n'].map((key) => {
      if (key !== '') tui.press(key);
      const args = submitted(tui);
      tui.dispatch({ type: 'ended', work: tui.state.lastWork, outcome: { ok: false, message: 'again' } });
      return [args, shown(tui).includes('(an empty text)'), shown(tui).includes('(null)')];
    });
    expect(results).toEqual([
      ['{}', false, false],
      ['{"a":""}', true, false],
      ['{"a":null}', false, true],
      ['{}', false, false],
    ]);
    tui.press('ctrl-n');
    tui.type('b');
    expect(submitted(tui)).toBe('{"a":"b"}');
  });

  it('counts characters as JSON Schema does: an emoji is one [tui-tool-form]', () => {
    expect(sent(formOfOne({ type: 'string', maxLength: 1 }), { a: '🦊' })).toBe('{"a":"🦊"}');
  });
});

describe('names that every object has', () => {
  const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', '', 'a b', 'arguments'];

  it.each(NAMES)('%s is an argument like any other [tui-tool-form-values]', (name) => {
    const json = JSON.stringify(name);
    const schema = `{"type":"object","properties":{${json}:{"type":"string"},"z":{"type":"integer"}},"required":[${json}]}`;
    const tui = onScreen(schema);
    expect(shown(tui)).toContain('Run tool');
    tui.type('xy');
    tui.press('backspace', 'tab');
    tui.type('7');
    expect(submitted(tui)).toBe(`{${json}:"x","z":7}`);
  });

  it.each(NAMES)('%s may be a definition, a choice, a needed name, a default [tui-tool-form-values]', (name) => {
    const json = JSON.stringify(name);
    const pointer = JSON.stringify(`#/$defs/${name}`);
    expect(
      sent(formOf(`{"properties":{"a":{"$ref":${pointer}}},"$defs":{${json}:{"type":"integer"}}}`), { a: '1' }),
    ).toBe('{"a":1}');
    // What is not there is any value.
    expect(sent(formOf(`{"properties":{"a":{"$ref":${pointer}}}}`), { a: '"1"' })).toBe('{"a":"1"}');
    const choice = formOf(`{"properties":{"a":{"enum":[${json},"other"],"default":${json}}}}`);
    expect(sent(choice)).toBe(name === '' ? '{"a":""}' : `{"a":${json}}`);
    expect(sent(formOf(`{"type":"object","required":[${json}]}`), { [name]: '1' })).toBe(`{${json}:1}`);
  });
});

describe('an answer', () => {
  it('keeps its digits and its indentation [tui-tool-form-values]', () => {
    const text = stringifyLossless(parseLossless('{"id":9007199254740993,"in":[1.10,1e400]}'), 2);
    const answer = { title: 'tool', text, isError: false, command: ['tools', 'call', 'server', 'tool'] };
    const state = push(startState(), answerScreen(answer));
    expect(bodyLines(state, plain).join('\n')).toContain(text);
  });
});

describe('a schema put together', () => {
  const $defs = {
    Level: { type: 'integer', minimum: 1, maximum: 5, description: 'how loud' },
    Loop: { $ref: '#/$defs/Loop' },
    'a/b~c d': { type: 'boolean' },
  };
  const form = (a: unknown) => formOf({ properties: { a }, $defs });

  it('by references, allOf and siblings is what they say together [tui-tool-form-values]', () => {
    for (const a of [{ $ref: '#/$defs/Level' }, { allOf: [{ $ref: '#/$defs/Level' }], default: 3 }]) {
      expect(() => sent(form(a), { a: '6' })).toThrow('At most 5');
      expect(form(a).spec.fields[0]?.hint).toContain('how loud');
    }
    expect(sent(form({ allOf: [{ $ref: '#/$defs/Level' }], default: 3 }))).toBe('{"a":3}');
    expect(sent(form({ $ref: '#/$defs/a~1b~0c%20d' }), { a: 'true' })).toBe('{"a":true}');
    expect(sent(form({ allOf: [{ type: 'number' }, { type: ['integer', 'string'] }] }), { a: '1' })).toBe('{"a":1}');
  });

  it('of several types takes what is JSON of one of them, else a text [tui-tool-form-values]', () => {
    const either = form({ anyOf: [{ type: 'string' }, { type: 'integer' }] });
    expect(sent(either, { a: '5' })).toBe('{"a":5}');
    expect(sent(either, { a: '"5"' })).toBe('{"a":"5"}');
    expect(sent(either, { a: '1.5' })).toBe('{"a":"1.5"}');
    expect(sent(either, { a: 'true' })).toBe('{"a":"true"}');
    const noText = form({ type: ['integer', 'array'] });
    expect(() => sent(noText, { a: 'x' })).toThrow('This is no JSON.');
    expect(() => sent(noText, { a: '{}' })).toThrow('Write an integer, or a JSON array.');
    expect(() => sent(form({ type: 'array', items: { type: 'string' } }), { a: '{"b":1}' })).toThrow('a JSON array');
  });

  it.each([
    ['a circle', { $ref: '#/$defs/Loop' }],
    ['nothing there', { $ref: '#/$defs/None/1' }],
    ['another document', { $ref: 'https://example.org/schema' }],
    ['a broken pointer', { $ref: '#/%E0%A4%A' }],
    ['true', true],
    ['an empty one', {}],
    ['no schema', 'string'],
    ['a list', []],
    ['null', null],
    ['a type that does not exist', { type: 'anything' }],
    ['keywords of wrong types', { type: 5, enum: 'a', minimum: 'b', anyOf: {}, description: 1, required: 2 }],
    ['a contradiction', { allOf: [{ type: 'string' }, { type: 'integer' }] }],
  ])('by %s takes any value [tui-tool-form-values]', (_by, a) => {
    expect(sent(form(a), { a: '{"b":1.0}' })).toBe('{"a":{"b":1.0}}');
    expect(sent(form(a), { a: 'just words' })).toBe('{"a":"just words"}');
  });

  it('by references that stand for millions of schemas is read at once [tui-tool-form-values]', () => {
    const levels = Array.from({ length: 25 }, (_, at) => [
      `L${at}`,
      { anyOf: Array.from({ length: 10 }, () => ({ $ref: `#/$defs/L${at + 1}` })) },
    ]);
    const properties = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`p${at}`, { $ref: '#/$defs/L0' }]));
    expect(formOf({ properties, $defs: Object.fromEntries(levels) }).spec.fields).toHaveLength(500);
  });

  it('asks for nothing that must not be there [tui-tool-form-values]', () => {
    expect(form(false).spec.fields).toEqual([]);
  });
});

describe('a default', () => {
  it.each([
    ['null', { type: 'string', default: null }, '', '{}'],
    ['null of anything', { default: null }, '', '{}'],
    ['a text', { type: 'string', default: 'b' }, 'b', '{"a":"b"}'],
    ['a text of digits where anything goes', { default: '5' }, '"5"', '{"a":"5"}'],
    ['words where anything goes', { default: 'b c' }, 'b c', '{"a":"b c"}'],
    ['false', { type: 'boolean', default: false }, 'false', '{"a":false}'],
    ['an object', { type: 'object', default: { b: [1] } }, '{"b":[1]}', '{"a":{"b":[1]}}'],
    ['no choice', { enum: ['b'], default: 'c' }, '', '{}'],
  ])('of %s is typed as one would [tui-tool-form-values]', (_what, property, text, args) => {
    const form = formOfOne(property);
    expect(form.values['a'] ?? '').toBe(text);
    expect(sent(form)).toBe(args);
  });

  it('keeps its digits [tui-tool-form-values]', () => {
    expect(sent(formOf('{"properties":{"a":{"type":"integer","default":9007199254740993}}}'))).toBe(
      '{"a":9007199254740993}',
    );
  });
});

describe('arguments without fields of their own', () => {
  it.each([
    ['anyOf', { anyOf: [{ properties: { b: {} }, required: ['b'] }, { properties: { c: {} } }] }],
    ['oneOf', { type: 'object', oneOf: [{ properties: { b: {} } }] }],
    ['allOf', { allOf: [{ $ref: '#/$defs/Args' }], $defs: { Args: { properties: { b: {} } } } }],
    ['a reference', { $ref: '#/$defs/Args', $defs: { Args: { properties: { b: {} } } } }],
    ['a condition', { if: {}, then: { properties: { b: {} } } }],
    ['patterns', { type: 'object', patternProperties: { '^b': {} } }],
    ['whatever else', { type: 'object', additionalProperties: { type: 'string' } }],
    ['properties that are none', { type: 'object', properties: [] }],
  ])('by %s are typed as one JSON object [tui-tool-form-values]', (_by, schema) => {
    const form = formOf(schema);
    expect(form.spec.about.join()).not.toContain('takes no arguments');
    expect(form.spec.fields).toHaveLength(1);
    expect(sent(form)).toBe('{}');
    expect(sent(form, { arguments: '{"b":1.10,"__proto__":2}' })).toBe('{"b":1.10,"__proto__":2}');
    for (const text of ['[1]', '5', '1.10', 'null', 'b']) expect(() => sent(form, { arguments: text })).toThrow();
  });

  it('stand beside those with fields, and are not given twice [tui-tool-form-values]', () => {
    const form = formOf({
      properties: { a: { type: 'integer' } },
      required: ['b'],
      additionalProperties: true,
    });
    expect(form.spec.fields.map(({ label }) => label)).toEqual(['a', 'other arguments *']);
    expect(sent(form, { a: '1', 'other arguments': '{"b":2}' })).toBe('{"a":1,"b":2}');
    expect(() => sent(form, { 'other arguments': '{"a":1,"b":2}' })).toThrow('a has a field of its own');
    expect(() => sent(form, { 'other arguments': '{"c":2}' })).toThrow('The tool needs b');
    expect(() => sent(form)).toThrow('needs this');
  });

  it.each([
    { type: 'object' },
    { type: 'object', properties: {} },
    { type: 'object', properties: {}, additionalProperties: false },
    {},
  ])('are none by %j [tui-tool-form]', (schema) => {
    const form = formOf(schema);
    expect(form.spec.fields).toEqual([]);
    expect(form.spec.about.join()).toContain('takes no arguments');
  });

  it('are not asked for by alternatives of what is needed together [tui-tool-form]', () => {
    const properties = { a: { type: 'string' }, b: { type: 'string' } };
    expect(formOf({ properties, anyOf: [{ required: ['a'] }, { required: ['b'] }] }).spec.fields).toHaveLength(2);
  });
});
