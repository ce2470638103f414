import { parse as parseToml, TomlError } from 'smol-toml';
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { Invalid } from '../errors/appError.ts';
import { keepWrittenNames, keepWrittenValues } from './bareWord.ts';
import { withoutJsonComments } from './jsonComments.ts';

export type Syntax = 'json' | 'yaml' | 'toml';

/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A configuration file, parsed. */
export interface ConfigurationText {
  readonly syntax: Syntax;
  readonly value: unknown;
  /** The same, with a BareWord for what has no quotes and is no text, so that 1.10 stays 1.10. TOML has no such words. */
  readonly written: unknown;
  /** Finds where a member stands, as near as the file has it. TOML gives no places. */
  placeOf(path: readonly PropertyKey[]): Place | undefined;
}

/** Thousands of servers; more is no configuration. */
export const MAX_FILE_BYTES = 4 * 1_048_576;

/**
 * Signs and words of YAML and JSON: a parser takes 2 to 8 µs and some hundred bytes for each, and 4 MiB can hold four million.
 * Thirty thousand servers have half as many.
 */
const MAX_TOKENS = 600_000;

/** No setting nests deeper than ten; what walks over values does so by recursion. */
const MAX_DEPTH = 100;

/**
 * Parses JSON (with comments and trailing commas), YAML 1.2 or TOML, by the file's name or else by how it begins.
 * A message never repeats what the file holds: it may be a secret.
 * @throws Invalid `file-too-large`, `file-too-complex`, `file-not-text`, `file-empty`, `file-syntax`
 */
export function parseConfigurationText(bytes: Uint8Array, fileName = ''): ConfigurationText {
  if (bytes.length > MAX_FILE_BYTES) throw new Invalid('file-too-large', 'The file is larger than 4 MiB.');
  const text = decode(bytes);
  if (text.trim() === '') throw new Invalid('file-empty', 'The file is empty.');
  const syntax = syntaxOf(text, fileName);
  const parsed = syntax === 'toml' ? parsedToml(text) : parsedYaml(text, syntax);
  if (nestsDeeperThan(MAX_DEPTH, parsed.value)) throw syntaxError(syntax, undefined, 'is nested too deeply');
  return parsed;
}

/** Level by level, without recursion. */
function nestsDeeperThan(bound: number, value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > bound) return true;
    level = level.flatMap((each): unknown[] => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

/** UTF-8, or UTF-16 as PowerShell writes it; a byte order mark goes. */
function decode(bytes: Uint8Array): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Invalid('file-not-text', 'The file is no text in UTF-8.', { cause: error });
  }
}

function syntaxOf(text: string, fileName: string): Syntax {
  const [, ending = ''] = /\.([a-z]+)$/.exec(fileName.toLowerCase()) ?? [];
  if (ending === 'toml') return 'toml';
  if (ending === 'yaml' || ending === 'yml') return 'yaml';
  if (ending === 'json' || ending === 'jsonc' || text[afterComments(text)] === '{') return 'json';
  return /^\s*(?:#[^\n]*\n\s*)*(?:\[{1,2}[\w."' -]+\]{1,2}\s*(?:#|\n|\r|$)|[\w.-]+ *= )/.test(text) ? 'toml' : 'yaml';
}

/** Step by step: one pattern for all of it could try every way to divide a row of comments, which takes for ever. */
function afterComments(text: string): number {
  const step = /\s+|\/\/[^\n]*|\/\*[^]*?\*\//y;
  let at = 0;
  while (step.test(text)) at = step.lastIndex;
  return at;
}

function parsedToml(text: string): ConfigurationText {
  try {
    // A number too large for JavaScript may stand where nobody reads it.
    const value = parseToml(text, { integersAsBigInt: 'asNeeded' });
    return { syntax: 'toml', value, written: value, placeOf: () => undefined };
  } catch (error) {
    if (error instanceof TomlError) {
      // The library’s own message shows the lines around.
      const what = error.message.includes('excessively nested') ? 'is nested too deeply' : 'is not valid here';
      throw syntaxError('toml', { line: error.line, column: error.column }, what);
    }
    throw error;
  }
}

/** What a parser’s code means. The library’s own messages repeat parts of the file. */
const FAULTS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'has an alias that is none',
  BAD_INDENT: 'is indented wrongly, or a bracket is not closed',
  MISSING_CHAR: 'lacks a comma, colon, quote or bracket here',
  MULTIPLE_DOCS: 'holds more than one document',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
  TAB_AS_INDENT: 'is indented by a tab; YAML wants spaces',
  TAG_RESOLVE_FAILED: 'has a word or tag here that it can’t have',
  UNEXPECTED_TOKEN: 'has something here that does not belong there',
};

function parsedYaml(text: string, syntax: 'json' | 'yaml'): ConfigurationText {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const source = syntax === 'json' ? withoutJsonComments(text) : text;
  refuseTokens(source);
  const document = parseDocument(source, {
    schema: syntax === 'json' ? 'json' : 'core',
    prettyErrors: false,
    // The library compares every key with every other one, which takes minutes for a large file.
    uniqueKeys: false,
    lineCounter: lines,
  });
  // An unknown tag is only a warning to the library; what it stands for would be lost.
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    throw syntaxError(syntax, placeAt(fault.pos[0]), FAULTS[fault.code] ?? 'is not valid here');
  }
  keepWrittenNames(document);
  const passed = findFault(document.contents, new Set());
  if (passed !== undefined) throw syntaxError(syntax, placeAt(passed.offset), passed.what);
  const value = toValue(document, syntax);
  keepWrittenValues(document);
  return {
    syntax,
    value,
    written: toValue(document, syntax),
    placeOf(path) {
      const offset = offsetOf(document, path);
      return offset === undefined ? undefined : placeAt(offset);
    },
  };
}

/** Counts before anything is parsed. @throws Invalid `file-too-complex` */
function refuseTokens(source: string): void {
  let count = 0;
  for (const _token of new Lexer().lex(source)) {
    count += 1;
    if (count <= MAX_TOKENS) continue;
    throw new Invalid(
      'file-too-complex',
      `The file has more than ${MAX_TOKENS} signs and words. Split it, or leave out what MetaMCP does not read.`,
      { data: { max_tokens: MAX_TOKENS } },
    );
  }
}

function toValue(document: Document, syntax: Syntax): unknown {
  try {
    // The library bounds how much aliases may multiply: a hundredfold.
    return document.toJS();
  } catch (error) {
    if (error instanceof RangeError) throw syntaxError(syntax, undefined, 'is nested too deeply');
    throw syntaxError(syntax, undefined, 'has an alias without its anchor, or aliases that multiply beyond measure');
  }
}

/** What the parser lets pass: a member twice, of which one would be lost, and an alias inside of what it stands for. */
function findFault(node: unknown, within: ReadonlySet<string>): Fault | undefined {
  if (isAlias(node)) {
    return within.has(node.source)
      ? { offset: node.range?.[0] ?? 0, what: 'has an alias inside of its anchor' }
      : undefined;
  }
  if (!isSeq(node) && !isMap(node)) return undefined;
  const inside = node.anchor === undefined ? within : new Set([...within, node.anchor]);
  if (isSeq(node)) return firstOf(node.items, (item) => findFault(item, inside));
  const seen = new Set<string>();
  return firstOf(node.items, ({ key, value }) => {
    if (isScalar(key)) {
      const name = String(key.value);
      if (seen.has(name)) return { offset: key.range?.[0] ?? 0, what: 'has the same member twice' };
      seen.add(name);
    }
    return findFault(value, inside);
  });
}

interface Fault {
  readonly offset: number;
  readonly what: string;
}

function firstOf<T>(items: readonly T[], find: (item: T) => Fault | undefined): Fault | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset = isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    let next: Node | null | undefined;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (isScalar(pair?.key)) offset = pair.key.range?.[0] ?? offset;
      next = pair?.value as Node | null | undefined;
    } else if (isSeq(node)) {
      next = node.items[Number(step)] as Node | undefined;
      offset = next?.range?.[0] ?? offset;
    }
    if (next === null || next === undefined) return offset;
    node = next;
  }
  return offset;
}

function syntaxError(syntax: Syntax, place: Place | undefined, what: string): Invalid {
  const where = place === undefined ? '' : ` at line ${place.line}, column ${place.column}`;
  return new Invalid('file-syntax', `The file is no ${syntax.toUpperCase()} that can be read${where}: it ${what}.`, {
    data: { ...place },
  });
}
