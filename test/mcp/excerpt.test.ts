import { describe, expect, it } from 'vitest';
import { excerpt, secretsOf } from '../../src/mcp/excerpt.ts';

const url = new URL('https://user:s3cr3t-pw@example.com/mcp?token=query-token');
const secrets = secretsOf(url, { authorization: 'Bearer ghp_abcdef', 'x-flag': 'on' });

describe('an excerpt', () => {
  it('holds no configured secret, whole or in part', () => {
    const text = 'Bearer ghp_abcdef / ghp_abcdef / s3cr3t-pw / query-token / on';
    expect(excerpt(text, secrets)).toBe('[secret] / [secret] / [secret] / [secret] / on');
  });

  it('holds no configured secret as a URL spells it, nor the user of the URL', () => {
    const odd = secretsOf(new URL('https://u%2Fser-1:%zz-pass@example.com/?k=a%2Fb%2Fc%2Fd'), { x: 'sl/ash+eq=' });
    const text = 'u%2Fser-1 u/ser-1 %zz-pass a%2Fb%2Fc%2Fd a/b/c/d sl%2Fash%2Beq%3D';
    expect(excerpt(text, odd).replaceAll('[secret]', '').trim()).toBe('');
    expect(secretsOf(undefined, {})).toEqual([]);
  });

  it.each([
    ['in another case', { x: 'SuperSecret1' }, 'text/supersecret1 SUPERSECRET1'],
    ['without the name that stands before it', { cookie: 'a=b; sid=Abcdef123' }, 'no session Abcdef123'],
    ['without its quotes', { authorization: 'Digest response="0a1b2c3d"' }, '0a1b2c3d is wrong'],
    ['as JSON quotes it', { x: 'abc"def\\ghi' }, JSON.stringify({ got: 'abc"def\\ghi' })],
    [
      'as the user and password it stands for',
      { authorization: `Basic ${btoa('bob:hunter22')}` },
      'bob:hunter22 hunter22',
    ],
  ])('holds no configured secret %s', (_how, headers, text) => {
    const secret = /supersecret1|abcdef123|0a1b2c3d|abc\W+def|hunter22/i;
    expect(text).toMatch(secret);
    expect(excerpt(text, secretsOf(undefined, headers))).not.toMatch(secret);
  });

  it.each([
    ['postgres://app:hunter22@db.example/x?sslpassword=pw-of-tls', 'no entry for app with hunter22, pw-of-tls'],
    ['{"private_key":"abc-def-123","nested":[{"id":"hunter22"}]}', 'bad key abc-def-123 of hunter22'],
    ['Server=db;Password=hunter22;', 'login with hunter22 failed'],
  ])('holds nothing that stands within a configured value: %s', (value, text) => {
    expect(excerpt(text, secretsOf(undefined, { VARIABLE: value }))).not.toMatch(/hunter22|pw-of-tls|abc-def/);
  });

  it('takes a value that only looks like JSON or a URL as it is', () => {
    expect(secretsOf(undefined, { A: '{broken', B: '[broken]', C: 'x://broken' })).toEqual(
      expect.arrayContaining(['{broken', '[broken]', 'x://broken']),
    );
  });

  it.each([
    [
      'see https://user:pw@h.example/a?token=abc&page=2#x',
      'see https://[secret]@h.example/a?token=[secret]&page=[secret]#x',
    ],
    ['ftp://token@h/', 'ftp://[secret]@h/'],
    ['sent Bearer abc.def-123 and basic dXNlcjpwdzEyMw==', 'sent Bearer [secret] and basic [secret]'],
    ['Basic authentication is required', 'Basic authentication is required'],
  ])('holds no secret of others: %s', (text, shown) => {
    expect(excerpt(text, [])).toBe(shown);
  });

  it('escapes what can’t be seen and folds white space', () => {
    expect(excerpt('a\u202eb\u0000\n\n  c\u2028d\ud800', [])).toBe('a\\u{202e}b\\u{0} c d\\u{d800}');
  });

  it('has at most 200 characters', () => {
    expect(excerpt('é'.repeat(200), [])).toBe('é'.repeat(200));
    expect(excerpt('😀'.repeat(201), [])).toBe(`${'😀'.repeat(199)}…`);
    expect([...excerpt('x'.repeat(20_000_000), [])]).toHaveLength(200);
  });

  it('does not end within a secret', () => {
    for (let cut = 1; cut < 10; cut++) {
      const text = ' '.repeat(16_384 - cut) + 'ghp_abcdef';
      expect(excerpt(text, secrets)).not.toContain('ghp');
    }
  });
});
