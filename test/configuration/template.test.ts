import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { serverNameFrom } from '../../src/configuration/serverNames.ts';
import { SERVER_NAME } from '../../src/events/mcpServer.ts';
import { describeReference, fillTemplate, parseTemplate, referencesIn } from '../../src/configuration/template.ts';

const VAR = { kind: 'env', name: 'VAR', fallback: undefined };

describe('a template', () => {
  it.each<[string, unknown[]]>([
    ['plain', ['plain']],
    ['', []],
    ['${VAR}', [VAR]],
    ['${env:VAR}', [VAR]],
    ['Bearer ${VAR}!', ['Bearer ', VAR, '!']],
    ['${VAR:-a:-b}', [{ ...VAR, fallback: 'a:-b' }]],
    ['${VAR:-}', [{ ...VAR, fallback: '' }]],
    ['${input:gw-key}', [{ kind: 'input', id: 'gw-key' }]],
    ['${file:/a/b c}', [{ kind: 'file', path: '/a/b c' }]],
    ['${VAR:-${OTHER}}x', [{ kind: 'unknown' }, 'x']],
    ['${VAR', [{ kind: 'unknown' }]],
    ['${}', [{ kind: 'unknown' }]],
    ['${VAR:?message}', [{ kind: 'unknown' }]],
    ['$VAR $5 $$', ['$VAR $5 $$']],
  ])('%s is read', (text, parts) => {
    expect(parseTemplate(text)).toEqual(parts);
  });

  it('of Gemini has bare variables, of ours an escape', () => {
    expect(parseTemplate('a $VAR-b $5 ${VAR}', { bareVariables: true })).toEqual(['a ', VAR, '-b $5 ', VAR]);
    expect(parseTemplate('a $${VAR} ${VAR}', { escapes: true })).toEqual(['a ${VAR} ', VAR]);
  });

  it('is filled, or says what is missing, and never repeats a default [configuration-no-secrets]', () => {
    const template = parseTemplate('a${ONE}b${TWO:-hush}');
    expect(fillTemplate(template, ({ kind }) => kind)).toEqual({ text: 'aenvbenv' });
    expect(fillTemplate(template, () => undefined)).toEqual({ missing: referencesIn(template) });
    expect(referencesIn(template).map(describeReference)).toEqual(['${ONE}', '${TWO}']);
  });
});

property.prop([fc.string({ unit: fc.constantFrom(...'${}:-aV_'.split('')), maxLength: 30 })])(
  'no text with a placeholder in it comes out as text [configuration-references]',
  (text) => {
    const filled = fillTemplate(parseTemplate(text), () => undefined);
    if (text.includes('${')) expect(filled).toHaveProperty('missing');
    else expect(filled).toEqual({ text });
  },
);

describe('a name', () => {
  it.each([
    ['github', 'github'],
    ['My Tools', 'my-tools'],
    ['@scope/server', 'scope-server'],
    ['Übersicht!', 'ubersicht'],
    ['a__b', 'a-b'],
  ])('%s is called %s', (text, name) => {
    expect(serverNameFrom(text)).toBe(name);
  });
  it('that is long, or has no letter of ours, gets a hash, so that two stay two', () => {
    expect(serverNameFrom('鍵')).toMatch(/^server-[0-9a-f]{8}$/);
    expect(serverNameFrom('鍵')).not.toBe(serverNameFrom('錠'));
    expect(serverNameFrom('n'.repeat(300))).toMatch(/^n{23}-[0-9a-f]{8}$/);
    expect(serverNameFrom('n'.repeat(300))).not.toBe(serverNameFrom('n'.repeat(301)));
  });
});

property.prop([fc.string({ unit: 'binary' })])('every name made is a name, and made of itself it stays', (text) => {
  const name = serverNameFrom(text);
  expect(name).toMatch(SERVER_NAME);
  expect(serverNameFrom(name)).toBe(name);
});
