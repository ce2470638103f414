import type { Reference } from './reference.ts';

/** What is read at one place of a text, and how long it is. */
export interface FoundReference {
  readonly reference: Reference;
  readonly length: number;
}

interface Form {
  readonly pattern: RegExp;
  /** `word`: only where no letter or digit stands around it, for a secret may hold these characters. */
  readonly where: 'anywhere' | 'word' | 'wordStart';
  readonly read: (inner: string) => Reference | undefined;
}

const variable = (name: string): Reference => ({ kind: 'env', name, fallback: undefined, isForeign: true });
const placeholder = (shown: string) => (): Reference => ({ kind: 'placeholder', shown });

/** Words that say what belongs there. */
const NOUN =
  /your|insert|replace|placeholder|change.?me|token|key|secret|passw|here|redact|hidden|host|url|value|tenant/i;
const noun = (shown: string) => (inner: string) => (NOUN.test(inner) ? placeholder(shown)() : undefined);

/**
 * How clients write what stands for something else, besides `${…}`. The rarer the signs are in secrets, the less has to
 * stand around them.
 */
const FORMS: readonly Form[] = [
  // OpenCode.
  { pattern: /\{\s*env:\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}/y, where: 'anywhere', read: variable },
  { pattern: /\{file:([^{}"]{1,1024})\}/y, where: 'anywhere', read: (path) => ({ kind: 'file', path }) },
  {
    pattern: /\{(?:env|file|input|secret|vault|cmd|command|prompt):([^{}"]{0,1024})\}/y,
    where: 'anywhere',
    read: placeholder('{…}'),
  },
  // Continue: ${{ secrets.TOKEN }}; LibreChat: {{TOKEN}}.
  { pattern: /\$?\{\{([^{}]{0,200})\}\}/y, where: 'anywhere', read: inDoubleBraces },
  // Windows’ shells.
  { pattern: /\$env:([A-Za-z_][A-Za-z0-9_]*)/iy, where: 'wordStart', read: variable },
  { pattern: /%([A-Za-z_][A-Za-z0-9_]{2,})%/y, where: 'word', read: variable },
  // Gemini, Crush and POSIX shells: Gemini’s own files have it anywhere.
  { pattern: /\$([A-Z_][A-Z0-9_]{2,})/y, where: 'word', read: variable },
  { pattern: /\$(\([^()]{1,200}\))/y, where: 'wordStart', read: placeholder('$(…)') },
  { pattern: /`([^`]{1,200})`/y, where: 'word', read: placeholder('`…`') },
  // LiteLLM and programs.
  { pattern: /(?:os\.environ\/|process\.env\.)([A-Za-z_][A-Za-z0-9_]*)/y, where: 'word', read: variable },
  { pattern: /(op:\/\/[^\s"']+)/y, where: 'wordStart', read: placeholder('op://…') },
  // Documentation, and the headers in a registry’s server.json.
  { pattern: /<([A-Za-z_][^<>@"=/]{0,80})>/y, where: 'wordStart', read: placeholder('<…>') },
  { pattern: /<([A-Za-z_][^<>@"=/]{0,80})>/y, where: 'anywhere', read: noun('<…>') },
  { pattern: /\{([A-Za-z_][A-Za-z0-9_. -]{0,80})\}/y, where: 'wordStart', read: placeholder('{…}') },
  { pattern: /\{([A-Za-z_][A-Za-z0-9_. -]{0,80})\}/y, where: 'anywhere', read: noun('{…}') },
  { pattern: /<%([^%]{1,80})%>/y, where: 'anywhere', read: placeholder('<%…%>') },
  { pattern: /\[([A-Za-z_][A-Za-z0-9_. -]{0,80})\]/y, where: 'word', read: noun('[…]') },
];

/** What counts only where it is all there is, or all after a scheme: a secret may be $ecret, a tag env:PROD. */
const LONELY: readonly Form[] = [
  { pattern: /\$([A-Za-z_][A-Za-z0-9_]*)/y, where: 'word', read: variable },
  { pattern: /env[:.]([A-Z_][A-Z0-9_]*)/y, where: 'word', read: variable },
];

/** Before a bracket; more may stand before `$NAME`, which is rarer in a secret. */
const SIGN_BEFORE = /[\s"'=:,;(/?&|#]/;
const WORD_BEFORE = /[^A-Za-z0-9$%\\]/;
const SIGN_AFTER = /[\s"',;)&/:|@.?#]/;

/** Reads what a client’s file has at a place for a reference or a placeholder; undefined where it is mere text. */
export function readForeignReference(text: string, at: number): FoundReference | undefined {
  const before = text[at - 1];
  const starts = {
    wordStart: before === undefined || SIGN_BEFORE.test(before),
    word: before === undefined || WORD_BEFORE.test(before),
  };
  const isAlone = before === undefined || /\s/.test(before);
  for (const { pattern, where, read } of isAlone ? [...FORMS, ...LONELY] : FORMS) {
    if (where !== 'anywhere' && !starts[where]) continue;
    pattern.lastIndex = at;
    const [found, inner = ''] = pattern.exec(text) ?? [];
    if (found === undefined) continue;
    const after = text[at + found.length];
    if (where === 'word' && after !== undefined && !SIGN_AFTER.test(after)) continue;
    const reference = read(inner);
    if (reference !== undefined) return { reference, length: found.length };
  }
  return undefined;
}

function inDoubleBraces(inner: string): Reference {
  const [, name] = /^\s*(?:(?:secrets|env|vars|inputs)\.)?([A-Za-z_][A-Za-z0-9_]*)\s*$/.exec(inner) ?? [];
  return name === undefined ? { kind: 'placeholder', shown: '{{…}}' } : variable(name);
}
