import { isDeepStrictEqual } from 'node:util';
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  stringify,
  type Document,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { Refused } from '../../src/errors/appError.ts';
import { isRecord } from './mergeEntry.ts';

/** A configuration file has no more aliases than that. */
const MAX_ALIASES = 100;

type Values = Readonly<Record<string, unknown>>;

/** Reads the value at a path of a YAML file. @returns undefined when it is missing @throws Refused `client-file-unreadable` */
export function readYaml(text: string, path: readonly string[]): unknown {
  let value = valueOf(parsed(text));
  for (const name of path) value = isRecord(value) ? value[name] : undefined;
  return value ?? undefined;
}

/**
 * Sets a member of a YAML file to a map, and leaves every other line as it is, comments included; maps on the way are made.
 * The result is read again and compared with the intended values.
 * @throws Refused `client-file-unreadable`; `client-file-unexpected` for maps that are not written a member a line
 */
export function setYaml(text: string, path: readonly string[], values: Values): string {
  const before = valueOf(parsed(text)) ?? {};
  if (!isRecord(before)) throw unexpected();
  const expected = withValue(before, path, values);
  return checked(() => written(text, path, values), expected);
}

/** Removes a member; every other line stays. @throws Refused as setYaml */
export function removeYaml(text: string, path: readonly string[]): string {
  const document = parsed(text);
  const map = mapAt(document, path.slice(0, -1));
  const pair = map === undefined ? undefined : pairOf(map, path.at(-1) ?? '');
  if (pair === undefined) return text;
  const expected = withValue(valueOf(document) as Values, path, undefined);
  return checked(() => withoutPair(text, pair), expected);
}

function written(text: string, path: readonly string[], values: Values): string {
  const document = parsed(text);
  // The innermost map that there is.
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const map = mapAt(document, path.slice(0, depth));
    if (map === undefined) continue;
    if (depth === path.length) return updated(text, path, values);
    const [name = '', ...inner] = path.slice(depth);
    const added = { [name]: inner.reduceRight<unknown>((value, each) => ({ [each]: value }), values) };
    // `extensions:` with nothing behind it, or with {}.
    const empty = pairOf(map, name);
    if (empty === undefined) return withMembers(text, path.slice(0, depth), added);
    return withNested(text, empty, added[name] as Values);
  }
  const [start, end] = rangeOf(document.contents) ?? [text.length, text.length];
  return appended(text.slice(0, start) + text.slice(end), nested(path, values));
}

/** Brings a map up to date, member by member. */
function updated(text: string, path: readonly string[], values: Values): string {
  const own = readYaml(text, path);
  if (!isRecord(own)) throw unexpected();
  let edited = text;
  for (const name of Object.keys(own)) if (!(name in values)) edited = removeYaml(edited, [...path, name]);
  for (const [name, value] of Object.entries(values)) {
    if (!(name in own) || isDeepStrictEqual(own[name], value)) continue;
    const inner = [...path, name];
    edited = isRecord(value) && isRecord(own[name]) ? setYaml(edited, inner, value) : withValueAt(edited, inner, value);
  }
  const missing = Object.entries(values).filter(([name]) => !(name in own));
  return missing.length === 0 ? edited : withMembers(edited, path, Object.fromEntries(missing));
}

function withValueAt(text: string, path: readonly string[], value: unknown): string {
  const map = mapAt(parsed(text), path.slice(0, -1));
  const pair = map === undefined ? undefined : pairOf(map, path.at(-1) ?? '');
  const range = rangeOf(pair?.value);
  if (map === undefined || pair === undefined || range === undefined) throw unexpected();
  const longer = isSeq(pair.value) ? withItems(text, pair.value, value) : undefined;
  if (longer !== undefined) return longer;
  if (range[0] === range[1] || text.slice(...range).includes('\n')) {
    return withMembers(removeYaml(text, path), path.slice(0, -1), { [path.at(-1) ?? '']: value });
  }
  const isPlain = map.flow !== true && typeof value !== 'object';
  const written = isPlain ? scalar(value) : JSON.stringify(value);
  return text.slice(0, range[0]) + written + text.slice(range[1]);
}

/** Adds what a list lacks at its end. @returns undefined when it is not written an item a line, or other items are wanted */
function withItems(text: string, { flow, items }: YAMLSeq, wanted: unknown): string | undefined {
  const ranges = items.map(rangeOf);
  const [first, last] = [ranges[0], ranges.at(-1)];
  const own = items.map((item) => (isScalar(item) ? item.value : undefined));
  if (flow === true || first === undefined || last === undefined || !Array.isArray(wanted)) return undefined;
  if (!isDeepStrictEqual(wanted.slice(0, own.length), own)) return undefined;
  const before = text.slice(text.lastIndexOf('\n', first[0] - 1) + 1, first[0]);
  const added: readonly unknown[] = wanted.slice(own.length);
  const eol = lineEnd(text);
  const end = endOfLine(text, last[1]);
  const start = text.slice(0, end);
  const written = added.map((item) => before + scalar(item) + eol).join('');
  return start + (start.endsWith('\n') ? '' : eol) + written + text.slice(end);
}

/** Puts members first into a map, where no text of several lines ends that could swallow them. At the top they come last. */
function withMembers(text: string, path: readonly string[], members: Values): string {
  if (path.length === 0) return appended(text, members);
  const document = parsed(text);
  const outer = mapAt(document, path.slice(0, -1));
  const pair = outer === undefined ? undefined : pairOf(outer, path.at(-1) ?? '');
  const key = pair === undefined ? undefined : startOf(pair);
  const first = mapAt(document, path)?.items[0];
  const at = first === undefined ? undefined : startOf(first);
  if (key === undefined || at === undefined) throw unexpected();
  const indent = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  if (!/^ *$/.test(indent)) throw unexpected();
  const end = endOfLine(text, key);
  return text.slice(0, end) + lines(members, indent, lineEnd(text)) + text.slice(end);
}

/** Gives a member that has nothing, or an empty map, these members. */
function withNested(text: string, pair: Pair, members: Values): string {
  const { value } = pair;
  if (!isEmpty(value)) throw unexpected();
  const key = startOf(pair);
  if (key === undefined) throw unexpected();
  const own = text.slice(text.lastIndexOf('\n', key - 1) + 1, key);
  if (!/^ *$/.test(own)) throw unexpected();
  const range = rangeOf(value);
  const without = range === undefined ? text : text.slice(0, range[0]) + text.slice(range[1]);
  const end = endOfLine(without, key);
  const before = without.slice(0, end);
  const eol = lineEnd(text);
  return before + (before.endsWith('\n') ? '' : eol) + lines(members, `${own}  `, eol) + without.slice(end);
}

function withoutPair(text: string, pair: Pair): string {
  const key = startOf(pair);
  if (key === undefined) throw unexpected();
  const from = text.lastIndexOf('\n', key - 1) + 1;
  if (!/^ *$/.test(text.slice(from, key))) throw unexpected();
  const end = rangeOf(pair.value)?.[1] ?? key;
  return text.slice(0, from) + text.slice(end > from && text[end - 1] === '\n' ? end : endOfLine(text, end));
}

function appended(text: string, members: Values): string {
  const eol = lineEnd(text);
  const before = text === '' || text.endsWith('\n') ? text : text + eol;
  return before + lines(members, '', eol);
}

function nested(path: readonly string[], values: Values): Values {
  return path.reduceRight<unknown>((value, name) => ({ [name]: value }), values) as Values;
}

function scalar(value: unknown): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

/** Long values stay on their lines. */
function lines(members: Values, indent: string, eol: string): string {
  return stringify(members, { lineWidth: 0 })
    .replaceAll(/^(?=.)/gm, indent)
    .replaceAll('\n', eol);
}

function withValue(values: Values, [name = '', ...inner]: readonly string[], value: unknown): Values {
  const { [name]: own, ...others } = values;
  if (inner.length === 0) return value === undefined ? others : { ...values, [name]: value };
  if (own !== undefined && own !== null && !isRecord(own)) throw unexpected();
  return { ...values, [name]: withValue(own ?? {}, inner, value) };
}

function mapAt(document: Document.Parsed, path: readonly string[]): YAMLMap | undefined {
  let node: unknown = document.contents;
  for (const name of path) node = isMap(node) ? pairOf(node, name)?.value : undefined;
  return isMap(node) && node.items.length > 0 ? node : undefined;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null) || (isMap(node) && node.items.length === 0);
}

function startOf({ key }: Pair): number | undefined {
  return rangeOf(key)?.[0];
}

function rangeOf(node: unknown): readonly [start: number, end: number] | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const [start, end] = node.range as readonly number[];
  return start === undefined || end === undefined ? undefined : [start, end];
}

/** The place behind the end of the line. */
function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at === -1 ? text.length : at + 1;
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** A file that could be read before is not called unreadable for what is made of it here. */
function checked(edit: () => string, expected: unknown): string {
  let result: string;
  let actual: unknown;
  try {
    result = edit();
    actual = valueOf(parsed(result));
  } catch {
    throw unexpected();
  }
  if (!isDeepStrictEqual(actual, expected)) throw unexpected();
  return result;
}

function valueOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch {
    throw unreadable(0);
  }
}

function parsed(text: string): Document.Parsed {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const [error] = document.errors;
  if (error !== undefined) throw unreadable(lineCounter.linePos(error.pos[0]).line);
  return document;
}

function unreadable(line: number): Refused {
  return new Refused('client-file-unreadable', `The file is no YAML (line ${line}); it is left as it is.`, {
    data: { line },
  });
}

function unexpected(): Refused {
  return new Refused(
    'client-file-unexpected',
    'The file’s list of servers is written in a way that can’t be changed without touching the rest; it is left as it is.',
  );
}
