import { expect, test } from 'vitest';
import { atOnce } from '../../../src/slices.ts';
import { findTemplateSteps } from '../../../src/upstream/aggregate/findTemplate.ts';

const templates = (...keys: readonly string[]) => keys.map((key) => ({ key, server: 'a' }));
const find = (uri: string, ...keys: readonly string[]) => atOnce(findTemplateSteps(templates(...keys), uri))?.key;

test.each([
  ['db://a/1', 'db://a/{id}'],
  ['db://a/1/rows', 'db://{table}/{id}/rows'],
  ['x', '{+any}'],
  ['db://plain', 'db://plain'],
])('%s is made of %s [aggregate-resources]', (uri, template) => {
  expect(find(uri, 'other://{x}', 'db://b/{id}', template)).toBe(template);
});

test.each([
  ['db://a', 'db://a/{id}'],
  ['xdb://a/1', 'db://a/{id}'],
  ['db://a/1/cells', 'db://{table}/{id}/rows'],
  ['db://plain/', 'db://plain'],
])('%s is not made of %s [aggregate-resources]', (uri, template) => {
  expect(find(uri, template)).toBeUndefined();
});

test('Thousands of long templates are looked through in many steps, and a very long URI in none [aggregate-resources] [ops-hostile-costs]', () => {
  const many = templates(...Array.from({ length: 2_000 }, (_, at) => `${'{a}x'.repeat(500)}${String(at)}`));
  const steps = (uri: string): number => [...findTemplateSteps(many, uri)].length;
  expect(steps('x')).toBeGreaterThan(20);
  expect(steps('x'.repeat(7_999))).toBeGreaterThan(100);
  expect(steps('x'.repeat(8_001))).toBe(0);
});
