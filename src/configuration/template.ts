import { readForeignReference } from './foreignReference.ts';
import { isPlaceholderText } from './placeholder.ts';
import type { Reference } from './reference.ts';

/** A text with references in it, in pieces. */
export type Template = readonly (string | Reference)[];

export interface TemplateSyntax {
  /** `$NAME` is a reference, too: Gemini. (Default: false) */
  readonly bareVariables?: boolean;
  /** `$${` stands for `${` itself: files of our own. (Default: false) */
  readonly escapes?: boolean;
  /**
   * What other clients write, `$TOKEN`, `{env:TOKEN}`, `%TOKEN%`, `<YOUR_KEY>`, YOUR_API_KEY: `resolve` takes for a
   * reference what names a variable or a file, `refuse` nothing. (Default: all of it is text)
   */
  readonly foreign?: 'resolve' | 'refuse';
  /** Tells whether a text without references is one that somebody meant to replace. (Default: isPlaceholderText) */
  readonly isPlaceholder?: (text: string) => boolean;
}

const VARIABLE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^]*))?$/;
/** What the forms of other clients begin with. */
const FIRST_SIGN = /[{$%`<[oepE]/;
const BARE_VARIABLE = /^\$([A-Za-z_][A-Za-z0-9_]*)/;

/**
 * Reads `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${input:id}` and `${file:PATH}`. Whatever else begins with `${` is a
 * reference of an unknown form, so that no placeholder is ever sent as if it were a secret.
 */
export function parseTemplate(text: string, syntax: TemplateSyntax = {}): Template {
  const { bareVariables = false, escapes = false, foreign, isPlaceholder = isPlaceholderText } = syntax;
  const parts: (string | Reference)[] = [];
  let literal = '';
  const push = (reference: Reference) => {
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(reference);
  };
  for (let at = 0; at < text.length;) {
    const other =
      foreign === undefined || !FIRST_SIGN.test(text[at] ?? '') ? undefined : readForeignReference(text, at);
    if (escapes && text.startsWith('$${', at)) {
      literal += '${';
      at += 3;
    } else if (other !== undefined) {
      push(foreign === 'refuse' ? { kind: 'placeholder', shown: formOf(other.reference) } : other.reference);
      at += other.length;
    } else if (text.startsWith('${', at)) {
      const end = closingBrace(text, at + 2);
      push(end === undefined ? { kind: 'unknown' } : parseReference(text.slice(at + 2, end)));
      at = end === undefined ? text.length : end + 1;
    } else {
      const [found, name] = bareVariables && text[at] === '$' ? (BARE_VARIABLE.exec(text.slice(at)) ?? []) : [];
      if (found !== undefined && name !== undefined) push({ kind: 'env', name, fallback: undefined });
      else literal += text[at] ?? '';
      at += found?.length ?? 1;
    }
  }
  if (literal !== '') parts.push(literal);
  const isLeftOpen = foreign !== undefined && parts.length === 1 && literal !== '' && isPlaceholder(literal);
  return isLeftOpen ? [{ kind: 'placeholder', shown: 'a text like YOUR_API_KEY' }] : parts;
}

/** The references of a template. */
export function referencesIn(template: Template): Reference[] {
  return template.filter((part): part is Reference => typeof part !== 'string');
}

/** Tells a text in which nothing stands for something else, in any client’s form. */
export function isLiteral(text: string): boolean {
  return parseTemplate(text, { foreign: 'refuse' }).every((part) => typeof part === 'string');
}

/** Names a reference in a sentence. A default is never repeated: it may be a secret. */
export function describeReference(reference: Reference): string {
  switch (reference.kind) {
    case 'env':
      return `\${${reference.name}}`;
    case 'input':
      return `\${input:${reference.id}}`;
    case 'file':
      return `\${file:${reference.path}}`;
    case 'unknown':
      return '${…} of an unknown form';
    case 'placeholder':
      return reference.shown;
  }
}

/** The form of what a file of our own can’t mean. */
function formOf(reference: Reference): string {
  if (reference.kind === 'placeholder') return reference.shown;
  return reference.kind === 'env' ? `the variable ${reference.name} in another client’s form` : 'another client’s form';
}

/** Puts values in the place of references. @returns the text, or those that have none */
export function fillTemplate(
  template: Template,
  valueOf: (reference: Reference) => string | undefined,
): { readonly text: string } | { readonly missing: readonly Reference[] } {
  const missing: Reference[] = [];
  const text = template.map((part) => {
    if (typeof part === 'string') return part;
    const value = valueOf(part);
    if (value === undefined) missing.push(part);
    return value;
  });
  return missing.length > 0 ? { missing } : { text: text.join('') };
}

function parseReference(body: string): Reference {
  const [, name, fallback] = VARIABLE.exec(body) ?? [];
  // A default with references of its own: no client documents what that means.
  if (name !== undefined)
    return fallback?.includes('${') === true
      ? { kind: 'unknown' }
      : { kind: 'env', name, fallback: realFallback(fallback) };
  const [, kind, rest] = /^(input|file):([^]+)$/.exec(body) ?? [];
  if (rest === undefined || rest.includes('${')) return { kind: 'unknown' };
  return kind === 'input' ? { kind, id: rest } : { kind: 'file', path: rest };
}

/** A default that is a placeholder itself is none. */
function realFallback(fallback: string | undefined): string | undefined {
  return fallback !== undefined && isLiteral(fallback) ? fallback : undefined;
}

function closingBrace(text: string, from: number): number | undefined {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith('${', at)) depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}
