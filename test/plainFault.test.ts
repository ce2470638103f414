import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { plainFault } from '../src/plainFault.ts';

const ROOT = join(import.meta.dirname, '..');

function faultsOf(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value, { error: plainFault });
  return (error?.issues ?? []).map(({ path, message }) => [...path.map(String), message].join(': '));
}

describe('a fault of a schema', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.record(z.string(), z.string()), [], 'must be a mapping of names to values, not a list'],
    [z.strictObject({}), 'x', 'must be a mapping of names to values, not a text'],
    [z.array(z.string()), {}, 'must be a list, not a mapping of names to values'],
    [z.array(z.string()), ['a', null], '1: must be a text, not null'],
    [z.object({ a: z.string() }), {}, 'a: is missing'],
    [z.object({ a: z.literal(1) }), {}, 'a: is missing'],
    [z.object({ a: z.object({ b: z.boolean() }) }), { a: { b: 'yes' } }, 'a: b: must be true or false, not a text'],
    [z.strictObject({ a: z.string().optional() }), { b: 1, c: 2 }, 'has members that it can’t have: b, c'],
    [z.enum(['http', 'sse', 'stdio']), 'websocket', 'must be http, sse or stdio'],
    [z.literal(1), '1', 'must be 1'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.coerce.number(), 'many', 'must be a number'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.number().max(5), 6, 'must be at most 5'],
    [z.number().multipleOf(5), 6, 'must be a multiple of 5'],
    [z.string().min(1), '', 'must have at least 1 character'],
    [z.array(z.string()).max(2), ['', '', ''], 'must have at most 2 items'],
    [z.uuid(), 'x', 'must be an id (a UUID)'],
    [z.iso.datetime(), 'x', 'must be a time such as 2030-01-31T00:00:00Z'],
    [z.union([z.string(), z.array(z.string())]), 5, 'must be a text or a list, not a number'],
    [z.union([z.string(), z.strictObject({ file: z.string() })]), { file: 5 }, 'file must be a text, not a number'],
    [
      z.record(z.string().regex(/^a/), z.string()),
      { b: '' },
      'b: has a name that it can’t have: it must be written in another way',
    ],
    [z.string().refine((text) => text !== 'x', 'may not be x'), 'x', 'may not be x'],
  ])('%# is told in plain words', (schema, value, expected) => {
    expect(faultsOf(schema, value)).toEqual([expected]);
  });

  it('is told in the same words wherever it is shown', () => {
    const files = globSync(['src/**/*.ts', 'cli/**/*.ts'], { cwd: ROOT });
    const unplain = files.filter((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return /\.issues\b/.test(text) && !text.includes('plainFault');
    });
    expect(files.length).toBeGreaterThan(100);
    expect(unplain).toEqual([]);
  });
});
