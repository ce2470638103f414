import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTokens } from '../../src/auth/tokens.ts';
import { parseTokenSecrets } from '../../src/auth/tokenSecret.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const secretText = randomBytes(32).toString('base64');
const secrets = parseTokenSecrets(secretText);
const keyId = randomUUID();
const invalid = { kind: 'unauthorized', code: 'invalid-credential' };

let now = NOW;
const tokens = createTokens({ secrets, clock: () => now });

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Signs any header and claims with the real secret, as only a broken issuer could. */
function forge(header: object, claims: object, algorithm = 'sha256'): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac(algorithm, secretText).update(signed).digest('base64url')}`;
}

const header = { alg: 'HS256', typ: 'JWT', kid: secrets.current.id };
const iat = NOW / 1_000;
const claims = { sub: keyId, iss: 'metamcp', aud: 'metamcp', jti: 'j', iat, exp: iat + 900, scope: 'mcp' };

describe('a token', () => {
  test('lives 15 minutes, to the second [auth-token-15-minutes]', async () => {
    now = NOW;
    const issued = await tokens.issue({ keyId, scopes: ['mcp', 'servers:read'] });
    expect(issued).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    now = NOW + 899_999;
    await expect(tokens.verify(issued.access_token)).resolves.toEqual({
      keyId,
      scopes: ['mcp', 'servers:read'],
      expiresAtMs: NOW + 900_000,
    });
    now = NOW + 900_000;
    await expect(tokens.verify(issued.access_token)).rejects.toMatchObject({
      kind: 'unauthorized',
      code: 'token-expired',
    });
    now = NOW;
  });

  test('has the claims that a verifier needs', async () => {
    const { access_token: token } = await tokens.issue({ keyId, scopes: ['mcp'] });
    const [head = '', body = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual(header);
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toEqual({ ...claims, jti: expect.any(String) });
  });

  test('without a scope grants none', async () => {
    const { access_token: token } = await tokens.issue({ keyId, scopes: [] });
    await expect(tokens.verify(token)).resolves.toMatchObject({ scopes: [] });
  });

  test('with a scope that this version does not know grants the others', async () => {
    const token = forge(header, { ...claims, scope: 'mcp everything' });
    await expect(tokens.verify(token)).resolves.toMatchObject({ scopes: ['mcp'] });
  });

  test('forged by the test is good as it stands, so that the refusals below mean something', async () => {
    await expect(tokens.verify(forge(header, claims))).resolves.toMatchObject({ keyId });
  });

  test.each([
    ['alg none', `${part({ ...header, alg: 'none' })}.${part(claims)}.`],
    ['alg None', `${part({ ...header, alg: 'None' })}.${part(claims)}.`],
    ['HS384', forge({ ...header, alg: 'HS384' }, claims, 'sha384')],
    ['HS512', forge({ ...header, alg: 'HS512' }, claims, 'sha512')],
    ['RS256 over an HMAC', forge({ ...header, alg: 'RS256' }, claims)],
    ['no kid', forge({ alg: 'HS256' }, claims)],
    ['an unknown kid', forge({ ...header, kid: 'other' }, claims)],
    ['an unknown critical header', forge({ ...header, crit: ['x'], x: 1 }, claims)],
    ['another issuer', forge(header, { ...claims, iss: 'other' })],
    ['another audience', forge(header, { ...claims, aud: 'other' })],
    ['no expiry', forge(header, { ...claims, exp: undefined })],
    ['an expiry of the wrong type', forge(header, { ...claims, exp: '9999999999' })],
    ['no subject', forge(header, { ...claims, sub: undefined })],
    ['a subject that is no key', forge(header, { ...claims, sub: 'admin' })],
    ['no id', forge(header, { ...claims, jti: undefined })],
    ['no scope claim', forge(header, { ...claims, scope: undefined })],
    ['no signature', forge(header, claims).replace(/[^.]+$/, '')],
    ['a changed claim', forge(header, claims).replace(part(claims), part({ ...claims, scope: 'mcp servers:exec' }))],
    ['two parts', 'a.b'],
    ['no token at all', 'nonsense'],
    ['nothing', ''],
  ])('with %s is refused, without a word about why [auth-token-unforgeable]', async (_what, token) => {
    await expect(tokens.verify(token)).rejects.toMatchObject(invalid);
  });

  test('that has expired says so only with the right signature', async () => {
    const expired = { ...claims, exp: iat - 1 };
    await expect(tokens.verify(forge(header, expired))).rejects.toMatchObject({ code: 'token-expired' });
    const unsigned = await new SignJWT(expired).setProtectedHeader({ ...header, alg: 'HS256' }).sign(randomBytes(32));
    await expect(tokens.verify(unsigned)).rejects.toMatchObject(invalid);
  });
});

describe('JWT_SECRET', () => {
  test('can be rotated: tokens of the previous one stay good [auth-secrets-rotate]', async () => {
    const { access_token: token } = await tokens.issue({ keyId, scopes: ['mcp'] });
    const next = randomBytes(32).toString('base64');
    const rotated = createTokens({ secrets: parseTokenSecrets(next, secretText), clock: () => now });
    await expect(rotated.verify(token)).resolves.toMatchObject({ keyId });
    const { access_token: newer } = await rotated.issue({ keyId, scopes: ['mcp'] });
    const finished = createTokens({ secrets: parseTokenSecrets(next), clock: () => now });
    await expect(finished.verify(newer)).resolves.toMatchObject({ keyId });
    await expect(finished.verify(token)).rejects.toMatchObject(invalid);
  });

  test('of less than 32 bytes is refused', () => {
    expect(() => parseTokenSecrets('x'.repeat(31))).toThrow(expect.objectContaining({ code: 'jwt-secret-invalid' }));
    expect(() => parseTokenSecrets(secretText, 'short')).toThrow(
      expect.objectContaining({ code: 'jwt-secret-invalid' }),
    );
  });
});
