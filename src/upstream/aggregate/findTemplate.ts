import { compilePattern } from '../../access/pattern.ts';
import { STEP_CHARACTERS, type Steps } from '../../slices.ts';
import type { MergedItem } from './mergedList.ts';

/** A longer URI matches no template: few programs take one (RFC 9110, 4.1). */
const MAX_URI_CHARACTERS = 8_000;

/** Finds the first template that a URI may be made of, step by step: a server may list thousands of long ones. */
export function* findTemplateSteps(
  templates: readonly Pick<MergedItem, 'key' | 'server'>[],
  uri: string,
): Steps<Pick<MergedItem, 'key' | 'server'> | undefined> {
  if (uri.length > MAX_URI_CHARACTERS) return undefined;
  let characters = 0;
  for (const template of templates) {
    const { key } = template;
    if (key === uri || matches(key, uri)) return template;
    characters += key.length + uri.length;
    if (characters < STEP_CHARACTERS) continue;
    characters = 0;
    yield;
  }
  return undefined;
}

/** Tells whether a template (RFC 6570) may expand to a URI: an expression stands for any text, which is exact enough to choose by. */
function matches(template: string, uri: string): boolean {
  const literal = template.indexOf('{');
  if (literal === -1 || !uri.startsWith(template.slice(0, literal))) return false;
  return compilePattern(template.replace(/\{[^{}]*\}/g, '*'))(uri);
}
