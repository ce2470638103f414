import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';

describe('ENCRYPTION_KEY', () => {
  test('is the same key as base64, base64url, unpadded or hex', () => {
    // 0xfb and 0xff make the two base64 alphabets differ.
    const bytes = Buffer.concat([Buffer.from([0xfb, 0xff, 0xfe]), randomBytes(29)]);
    const texts = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
    const ids = [...texts, ` ${bytes.toString('base64')}\n`, bytes.toString('hex').toUpperCase()].map(
      (text) => parseMasterKeys(text).current,
    );
    for (const key of ids) expect(key).toEqual(ids[0]);
  });

  test.each([
    '',
    'secret',
    'change-me-change-me-change-me-ch',
    randomBytes(31).toString('hex'),
    randomBytes(33).toString('hex'),
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
    `${randomBytes(32).toString('base64')}=`,
  ])('is not %j', (text) => {
    expect(() => parseMasterKeys(text)).toThrow(expect.objectContaining({ code: 'encryption-key-invalid' }));
  });

  test('that is wrong is not repeated in the error', () => {
    const wrong = 'correct-horse-battery-staple';
    expect(() => parseMasterKeys(wrong)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(wrong) }),
    );
  });

  test('has a public id that differs from key to key and from the wrapping key', () => {
    const { current, previous } = parseMasterKeys(randomBytes(32).toString('hex'), randomBytes(32).toString('hex'));
    expect(current.id).toMatch(/^[0-9a-f]{16}$/);
    expect(current.id).not.toBe(previous?.id);
    expect(current.wrappingKey).toHaveLength(32);
    expect(current.wrappingKey.toString('hex')).not.toContain(current.id);
  });
});
