import { describe, expect, test } from 'vitest';
import { credentialOf } from '../../src/auth/credential.ts';

describe('the credential of a request', () => {
  test.each([
    { authorization: 'Bearer abc' },
    { authorization: 'bearer abc' },
    { authorization: 'BEARER  abc ' },
    { 'x-api-key': 'abc' },
    { 'x-api-key': ['abc'] },
    { 'x-api-key': ['abc', 'abc'] },
    { authorization: 'Bearer abc', 'x-api-key': 'abc' },
  ])('is abc in %j', (headers) => {
    expect(credentialOf(headers)).toBe('abc');
  });

  test.each([
    [{}, 'credential-missing'],
    [{ 'x-api-key': [] }, 'credential-missing'],
    [{ authorization: 'Basic YTpi' }, 'invalid-credential'],
    [{ authorization: 'Bearer' }, 'invalid-credential'],
    [{ authorization: '' }, 'invalid-credential'],
    [{ authorization: 'Basic YTpi', 'x-api-key': 'abc' }, 'invalid-credential'],
  ])('of %j is refused as %s [auth-either-header]', (headers, code) => {
    expect(() => credentialOf(headers)).toThrow(expect.objectContaining({ kind: 'unauthorized', code }));
  });

  test.each([[{ authorization: 'Bearer abc', 'x-api-key': 'abd' }], [{ 'x-api-key': ['abc', 'abd'] }]])(
    'of %j is not one but two, which is a fault of the request',
    (headers) => {
      expect(() => credentialOf(headers)).toThrow(
        expect.objectContaining({ kind: 'invalid', code: 'credential-ambiguous' }),
      );
    },
  );
});
