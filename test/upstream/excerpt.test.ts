import { describe, expect, it } from 'vitest';
import { excerpt, secretsOf } from '../../src/upstream/excerpt.ts';

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
