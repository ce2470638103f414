import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createFingerprints } from '../../src/auth/fingerprint.ts';

test('a fingerprint matches its own secret and no other', () => {
  const fingerprints = createFingerprints(randomBytes(32));
  const fingerprint = fingerprints.of('a secret');
  expect(fingerprints.matches(fingerprint, 'a secret')).toBe(true);
  expect(fingerprints.matches(fingerprint, 'a secreT')).toBe(false);
  expect(fingerprints.matches('', 'a secret')).toBe(false);
});

test('a fingerprint reveals nothing without its key: another key gives another one', () => {
  const [one, other] = [createFingerprints(randomBytes(32)), createFingerprints(randomBytes(32))];
  expect(one.of('a secret')).not.toBe(other.of('a secret'));
  expect(other.matches(one.of('a secret'), 'a secret')).toBe(false);
});
