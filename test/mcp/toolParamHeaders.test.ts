import { describe, expect, it } from 'vitest';
import { findParamHeaders, paramHeaderValues } from '../../src/mcp/toolParamHeaders.ts';

const region = { type: 'string', 'x-mcp-header': 'Region' };

describe('annotated arguments', () => {
  it('are found along chains of properties', () => {
    const schema = {
      type: 'object',
      properties: {
        region,
        deep: { type: 'object', properties: { count: { type: 'integer', 'x-mcp-header': 'Count' } } },
      },
    };
    const found = findParamHeaders(schema);
    expect(found).toMatchObject({ valid: true });
    if (!found.valid) return;
    expect(paramHeaderValues(found.headers, { region: 'eu', deep: { count: -7 } })).toEqual({
      'mcp-param-region': 'eu',
      'mcp-param-count': '-7',
    });
    expect(paramHeaderValues(found.headers, { region: null, deep: 'no object' })).toEqual({});
    expect(paramHeaderValues(found.headers, {})).toEqual({});
  });

  it('are absent where null stands for them [mcp-null-is-absent]', () => {
    expect(
      findParamHeaders({ 'x-mcp-header': null, properties: { a: { type: 'object', 'x-mcp-header': null } } }),
    ).toEqual({
      valid: true,
      headers: [],
    });
  });

  it('cost no more than the schema is large, however deep they would be', () => {
    const leaves = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`leaf${at}`, { type: 'string' }]));
    let schema: Record<string, unknown> = { properties: leaves };
    for (let depth = 0; depth < 450; depth++) schema = { properties: { deeper: schema } };
    const before = process.memoryUsage().heapUsed;
    expect(findParamHeaders(schema)).toEqual({ valid: true, headers: [] });
    // A path of 450 names for each of 50,000 places would be 180 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(90_000_000);
  });

  it('are no more than a request has room for', () => {
    const schemaOf = (count: number) => ({
      properties: Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`p${at}`, { type: 'string', 'x-mcp-header': `H${at}` }]),
      ),
    });
    expect(findParamHeaders(schemaOf(100))).toMatchObject({ valid: true });
    expect(findParamHeaders(schemaOf(101))).toMatchObject({ valid: false });
  });

  it('are not what merely has their name: properties, defaults, examples', () => {
    const schema = {
      properties: { 'x-mcp-header': { type: 'string' } },
      default: { 'x-mcp-header': 'a b' },
      examples: [{ 'x-mcp-header': '' }],
      $defs: { 'x-mcp-header': { const: { 'x-mcp-header': 1 } } },
    };
    expect(findParamHeaders(schema)).toEqual({ valid: true, headers: [] });
  });

  it('write booleans in lower case, and nothing inherited', () => {
    const headers = [
      { header: 'mcp-param-a', path: ['a'] },
      { header: 'mcp-param-b', path: ['constructor', 'name'] },
    ];
    expect(paramHeaderValues(headers, { a: false })).toEqual({ 'mcp-param-a': 'false' });
  });

  it.each([
    ['an empty name', { properties: { a: { type: 'string', 'x-mcp-header': '' } } }],
    ['a name that is no token', { properties: { a: { type: 'string', 'x-mcp-header': 'a\r\nb' } } }],
    ['no string as a name', { properties: { a: { type: 'string', 'x-mcp-header': 1 } } }],
    ['the type number', { properties: { a: { type: 'number', 'x-mcp-header': 'A' } } }],
    ['no type', { properties: { a: { 'x-mcp-header': 'A' } } }],
    ['the same name twice', { properties: { a: region, b: { ...region, 'x-mcp-header': 'rEGION' } } }],
    ['the root', { ...region }],
    ['items', { properties: { a: { type: 'array', items: region } } }],
    ['properties below items', { properties: { a: { items: { properties: { b: region } } } } }],
    ['anyOf', { anyOf: [{ properties: { a: region } }] }],
    ['then', { then: { properties: { a: region } } }],
    ['$defs', { $defs: { a: region }, properties: { a: { $ref: '#/$defs/a' } } }],
    ['patternProperties', { patternProperties: { a: region } }],
    ['a keyword of nobody', { 'x-vendor': { properties: { a: region } } }],
  ])('with or under %s make the definition invalid', (_where, schema) => {
    expect(findParamHeaders(schema)).toMatchObject({ valid: false });
  });

  it('are looked for in a schema of any depth', () => {
    let schema: Record<string, unknown> = region;
    for (let n = 0; n < 100_000; n++) schema = { items: schema };
    expect(findParamHeaders(schema)).toMatchObject({ valid: false });
  });
});
