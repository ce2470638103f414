import { expect, test } from 'vitest';
import {
  isOfServer,
  isWholeUri,
  qualifiedSkillUri,
  qualifiedUri,
  readQualifiedUri,
  withQualifiedText,
} from '../../../src/upstream/aggregate/qualifiedUris.ts';

test.each([
  ['ui://clock', 'ui://github/clock'],
  ['UI://clock', 'UI://github/clock'],
  ['skill://pdf/SKILL.md', 'skill://github/pdf/SKILL.md'],
  ['Skill://~/odd', 'skill://github/~/Skill://~/odd'],
])('%s leads back to its server, however its scheme is written [aggregate-uris]', (own, exposed) => {
  expect(isOfServer(own)).toBe(true);
  expect(qualifiedUri('github', own)).toBe(exposed);
  expect(readQualifiedUri(exposed)).toEqual({ server: 'github', own });
  expect(withQualifiedText('github', `See ${own}.`)).toContain('://github/');
});

test('a skill of another scheme follows whole, and any other URI stays [aggregate-uris]', () => {
  const whole = qualifiedSkillUri('github', 'file:///a');
  expect(whole).toBe('skill://github/~/file:///a');
  expect(isWholeUri(whole)).toBe(true);
  expect(readQualifiedUri(whole)).toEqual({ server: 'github', own: 'file:///a' });
  expect(qualifiedUri('github', 'file:///a')).toBe('file:///a');
});
