import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areSameGrants, compileGrants, includesGrant } from '../../src/access/grants.ts';
import { compilePattern } from '../../src/access/pattern.ts';

/** Whether the grants allow a tool of a server. */
function allows(patterns: string[], server: string, tool: string): boolean {
  const grant = compileGrants(patterns).forServer(server);
  return grant === 'all' || (grant?.(tool) ?? false);
}

describe('grants', () => {
  test('are closed by default [auth-grants-closed]', () => {
    expect(compileGrants([]).forServer('github')).toBeUndefined();
    expect(compileGrants(['github']).forServer('gitlab')).toBeUndefined();
  });

  test('of a server give all of its tools, and * gives every server', () => {
    expect(compileGrants(['github']).forServer('github')).toBe('all');
    expect(compileGrants(['*']).forServer('anything')).toBe('all');
    expect(compileGrants(['*', 'github:search_*']).forServer('github')).toBe('all');
  });

  test('of tools give those whose name matches, and no others', () => {
    const patterns = ['github:search_*', 'github:get_issue', 'files:*'];
    expect(allows(patterns, 'github', 'search_code')).toBe(true);
    expect(allows(patterns, 'github', 'search_')).toBe(true);
    expect(allows(patterns, 'github', 'get_issue')).toBe(true);
    expect(allows(patterns, 'github', 'get_issues')).toBe(false);
    expect(allows(patterns, 'github', 'research_code')).toBe(false);
    expect(allows(patterns, 'files', 'read')).toBe(true);
  });

  test('of the whole server win over grants of its tools, whichever comes first', () => {
    expect(compileGrants(['github', 'github:a']).forServer('github')).toBe('all');
    expect(compileGrants(['github:a', 'github']).forServer('github')).toBe('all');
  });

  test('never match a name of more than 256 characters', () => {
    expect(allows(['files:*'], 'files', 'a'.repeat(256))).toBe(true);
    expect(allows(['files:*'], 'files', 'a'.repeat(257))).toBe(false);
  });
});

test('grants are the same by what is granted, in any order', () => {
  const same = (one: string[], other: string[]) => areSameGrants(compileGrants(one), compileGrants(other));
  expect(same(['a', 'b:x*'], ['b:x*', 'a', 'a'])).toBe(true);
  expect(same([], [])).toBe(true);
  expect(same(['a', 'a'], ['a', 'b'])).toBe(false);
  expect(same(['a'], ['a:x'])).toBe(false);
  expect(same(['a'], [])).toBe(false);
});

describe('a grant includes another one', () => {
  test('that gives nothing more', () => {
    const includes = (one: string, other: string) => includesGrant(compileGrants([one]), other);
    expect(includes('*', 'files')).toBe(true);
    expect(includes('*', '*')).toBe(true);
    expect(includes('files', 'files:read')).toBe(true);
    expect(includes('files:*', 'files')).toBe(false);
    expect(includes('files', '*')).toBe(false);
    expect(includes('files:read_*', 'files:*')).toBe(false);
    expect(includes('files:read_*', 'mail:read_all')).toBe(false);
  });

  test('as far as each tool shows it', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 6 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, pattern, fc.array(name, { maxLength: 20 }), (one, other, tools) => {
        const isIncluded = includesGrant(compileGrants([`files:${one}`]), `files:${other}`);
        // The names that the other one must allow, if it allows any: its wildcards as nothing, and as what no pattern has.
        const shown = [...tools, other.replaceAll('*', ''), other.replaceAll('*', 'c')].filter(compilePattern(other));
        expect(shown.every(compilePattern(one))).toBe(isIncluded);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a pattern', () => {
  test('treats every character but * as itself', () => {
    expect(compilePattern('a.b')('axb')).toBe(false);
    expect(compilePattern('a.b/c-d')('a.b/c-d')).toBe(true);
  });

  test('does not use a character twice', () => {
    expect(compilePattern('aba*aba')('ababa')).toBe(false);
    expect(compilePattern('*ab*b')('ab')).toBe(false);
    expect(compilePattern('a**a')('aa')).toBe(true);
  });

  test('matches exactly what a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 });
    fc.assert(
      fc.property(text, name, (pattern, tool) => {
        expect(compilePattern(pattern)(tool)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(tool));
      }),
      { numRuns: 2_000 },
    );
  });

  test('that would make a regular expression backtrack for hours answers at once', () => {
    const matches = compilePattern(`${'a*'.repeat(60)}b`);
    const started = performance.now();
    expect(matches('a'.repeat(256))).toBe(false);
    // Backtracking would take longer than the universe is old, so the bound need not be tight.
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
