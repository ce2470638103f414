import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatApiKey, makeApiKey, parseApiKey } from '../../src/auth/keyFormat.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID = '0198c0de-0000-7000-8000-00000000cafe';
const secretBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyKey = fc.tuple(fc.uuid(), secretBytes).map(([id, bytes]) => makeApiKey(id, bytes));

describe('an API key', () => {
  test('reads back as what it was made of', () => {
    fc.assert(
      fc.property(fc.uuid(), secretBytes, (id, bytes) => {
        const key = makeApiKey(id, bytes);
        expect(key.text).toMatch(/^mcp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$/);
        expect(parseApiKey(key.text)).toEqual(key);
        expect(key.id).toBe(id);
        expect(formatApiKey(id, key.secret)).toBe(key.text);
      }),
    );
  });

  test.each([0x00, 0xff])('has room for ids and secrets of nothing but %i', (byte) => {
    const hex = Buffer.alloc(16, byte).toString('hex');
    const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const key = makeApiKey(id, Buffer.alloc(32, byte));
    expect(parseApiKey(key.text)).toEqual(key);
  });

  test('keeps its text for ever: a released key stays valid', () => {
    const key = makeApiKey(ID, Buffer.from(Array.from({ length: 32 }, (_, i) => i)));
    expect(key.text).toBe('mcp_030neLrnQJSRroCVCCJfOY_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf0gFsyJ');
  });

  test('with one character changed is refused [auth-checksum-offline]', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(), fc.constantFrom(...Array.from(`${ALPHABET}_-é`)), ({ text }, at, character) => {
        const index = at % text.length;
        fc.pre(text[index] !== character);
        expect(parseApiKey(text.slice(0, index) + character + text.slice(index + 1))).toBeUndefined();
      }),
    );
  });

  test('has one text only: a number beyond the id’s or the secret’s size is refused, though its checksum is right', () => {
    const key = makeApiKey(ID, Buffer.alloc(32));
    const beyond = formatApiKey(ID, 'z'.repeat(43));
    expect(parseApiKey(beyond)).toBeUndefined();
    expect(parseApiKey(formatApiKey(ID, key.secret))).toEqual(key);
  });

  test.each(['', 'mcp_', 'sk_live_abc', 'mcp__', 'eyJhbGciOiJub25lIn0.e30.'])('is not what %j is', (text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });

  test('in parts, with space around it, or in another case is refused', () => {
    const { text } = makeApiKey(ID, Buffer.alloc(32, 7));
    for (const wrong of [text.slice(0, -1), `${text}0`, ` ${text}`, `${text}\n`, text.toUpperCase()]) {
      expect(parseApiKey(wrong)).toBeUndefined();
    }
  });

  test('is made of a UUID and 32 bytes, nothing else', () => {
    expect(() => makeApiKey('not-a-uuid', Buffer.alloc(32))).toThrow(RangeError);
    expect(() => makeApiKey(ID, Buffer.alloc(31))).toThrow(RangeError);
  });
});
