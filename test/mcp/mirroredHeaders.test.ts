import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { encodeHeaderValue } from '../../src/mcp/headerValue.ts';
import { mirroredHeaders } from '../../src/mcp/mirroredHeaders.ts';

describe('the headers of a modern request', () => {
  it.each([
    ['tools/call', { name: 'a' }, 'a'],
    ['prompts/get', { name: 'b' }, 'b'],
    ['resources/read', { uri: 'file:///c', name: 'no' }, 'file:///c'],
    ['resources/read', { name: 'no' }, undefined],
    ['tools/list', { name: 'no' }, undefined],
  ])('name what %s is about', (method, params, name) => {
    const headers = mirroredHeaders('2026-07-28', method, params);
    expect(headers['mcp-name']).toBe(name);
    expect(headers).toMatchObject({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': method });
  });
});

describe('a header value', () => {
  // MCP 2026-07-28, basic/transports, Encoding examples.
  it.each([
    ['us-west1', 'us-west1'],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['\ttab', '=?base64?CXRhYg==?='],
    ['in ner', 'in ner'],
    ['', ''],
  ])('of %j is %j', (value, encoded) => expect(encodeHeaderValue(value)).toBe(encoded));

  test.prop([fc.string({ unit: 'binary' })])('can always be sent and read back', (value) => {
    const encoded = encodeHeaderValue(value);
    expect(encoded).toMatch(/^(?![\t ])[\t\x20-\x7e]*(?<![\t ])$/);
    const [, base64] = /^=\?base64\?(.*)\?=$/.exec(encoded) ?? [];
    expect(base64 === undefined ? encoded : Buffer.from(base64, 'base64').toString('utf8')).toBe(
      Buffer.from(value, 'utf8').toString('utf8'),
    );
  });
});
