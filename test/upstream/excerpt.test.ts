import { describe, expect, it } from 'vitest';
import { excerpt, secretsOf } from '../../src/upstream/excerpt.ts';

const url = new URL('https://user:s3cr3t-pw@example.com/mcp?token=query-token');
const secrets = secretsOf(url, { authorization: 'Bearer ghp_abcdef', 'x-flag': 'on' });

describe('an excerpt', () => {
  it('holds no configured secret, whole or in part', () => {
    const text = 'Bearer ghp_abcdef / ghp_abcdef / s3cr3t-pw / query-token / on';
    expect(excerpt(text, secrets)).toBe('[secret] / [secret] / [secret] / [secret] / on');
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
