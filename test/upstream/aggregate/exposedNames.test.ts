import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { exposedName, prefixOf, readExposedName } from '../../../src/upstream/aggregate/exposedNames.ts';

const server = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/);
/** What servers call their tools: plain, odd, and like what the gateway makes itself. */
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{1,70}$/),
  fc.string({ minLength: 1, maxLength: 130, unit: 'binary' }),
  fc.tuple(server, fc.stringMatching(/^[a-z]{0,5}$/)).map(([prefix, rest]) => `${prefix}__${rest}`),
  fc.stringMatching(/^[a-z_]{0,8}--[0-9a-v]{12}$/),
);
const place = fc.oneof(server.map(prefixOf), fc.constant(''));

describe('the name of a tool in the aggregate', () => {
  test.each([
    ['github__', 'search_issues', 'github__search_issues'],
    ['my-files__', 'read__all', 'my-files__read__all'],
    ['a__', '_x', 'a___x'],
    ['', 'search.v2', 'search.v2'],
    ['', 'a tool with blanks', 'a tool with blanks'],
  ])('of %j and %j is %j', (prefix, tool, expected) => {
    expect(exposedName(prefix, tool)).toBe(expected);
  });

  test.each([
    ['files.read', /^github__files_read--[0-9a-v]{12}$/],
    ['read file', /^github__read_file--[0-9a-v]{12}$/],
    ['a/b', /^github__a_b--[0-9a-v]{12}$/],
    ['суши', /^github___--[0-9a-v]{12}$/],
    ['x'.repeat(120), /^github__x{42}--[0-9a-v]{12}$/],
  ])('of %j is shortened only as far as it has to be [aggregate-names]', (tool, expected) => {
    expect(exposedName('github__', tool)).toMatch(expected);
    expect(readExposedName(exposedName('github__', tool))).toEqual({ server: 'github', name: undefined });
  });

  test('stays the same for ever [aggregate-names]', () => {
    expect(exposedName('github__', 'files.read')).toBe('github__files_read--h2el93j55s7r');
  });

  test.prop([server, name])('has at most 64 characters, which every client accepts [aggregate-names]', (from, tool) => {
    expect(exposedName(prefixOf(from), tool)).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
  });

  test.prop([place, name, place, name])(
    'is that of one tool of one server [aggregate-names]',
    (prefix, tool, other, otherTool) => {
      fc.pre(prefix !== other || tool !== otherTool);
      expect(exposedName(prefix, tool)).not.toBe(exposedName(other, otherTool));
    },
  );

  test.prop([name, place])('and a shortened one is no other’s plain one [aggregate-names]', (tool, prefix) => {
    const exposed = exposedName(prefix, tool);
    for (const other of ['', prefix]) {
      const rest = exposed.slice(other.length);
      if (rest === tool && other === prefix) continue;
      expect(exposedName(other, rest)).not.toBe(exposed);
    }
  });

  test.prop([server, name])('leads back to the server, and to the tool where it is plain', (from, tool) => {
    const read = readExposedName(exposedName(prefixOf(from), tool));
    expect(read.server).toBe(from);
    if (read.name !== undefined) expect(read.name).toBe(tool);
    const unprefixed = readExposedName(exposedName('', tool));
    expect(unprefixed.server).toBeUndefined();
    if (unprefixed.name !== undefined) expect(unprefixed.name).toBe(tool);
  });
});
