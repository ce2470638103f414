import { isDeepStrictEqual } from 'node:util';
import { parse, TomlError } from 'smol-toml';
import { Refused } from '../../src/errors/appError.ts';

type Table = Record<string, unknown>;

/** Reads a table of a TOML file. @returns undefined when it is missing @throws Refused `client-file-unreadable` */
export function readTable(text: string, path: readonly string[]): Table | undefined {
  let value: unknown = parsed(text);
  for (const name of path) value = isTable(value) ? value[name] : undefined;
  return isTable(value) ? value : undefined;
}

/**
 * Sets keys of a table `[a.b]` to strings, and leaves every other byte as it is; a table that is missing is appended.
 * The result is read again and compared with the intended values.
 * @throws Refused `client-file-unreadable`; `client-file-unexpected` for a table that is not written in the usual way
 */
export function setKeys(text: string, path: readonly string[], keys: Readonly<Record<string, string>>): string {
  const expected = parsed(text);
  let table = expected;
  for (const name of path) {
    const inner = table[name] ?? {};
    if (!isTable(inner)) throw unexpected();
    table[name] = inner;
    table = inner;
  }
  Object.assign(table, keys);
  const result = write(text, path, keys);
  let actual: unknown;
  try {
    actual = parse(result);
  } catch {
    throw unexpected();
  }
  if (!isDeepStrictEqual(plain(actual), plain(expected))) throw unexpected();
  return result;
}

/** Removes a table and those within it; every other byte stays. @throws Refused as setKeys */
export function removeTable(text: string, path: readonly string[]): string {
  const expected = parsed(text);
  let table: Table = expected;
  for (const name of path.slice(0, -1)) {
    const inner = table[name];
    if (!isTable(inner)) return text;
    table = inner;
  }
  Reflect.deleteProperty(table, path.at(-1) ?? '');
  let isWithin = false;
  const lines = text.split(/(?<=\n)/).filter((line) => {
    if (/^\s*\[/.test(line)) isWithin = isHeaderOf(line, path) || isHeaderWithin(line, path);
    return !isWithin;
  });
  const result = lines.join('');
  if (!isDeepStrictEqual(plain(parsed(result)), plain(expected))) throw unexpected();
  return result;
}

function write(text: string, path: readonly string[], keys: Readonly<Record<string, string>>): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text === '' ? [] : text.split(/\r?\n/);
  const header = lines.findIndex((line) => isHeaderOf(line, path));
  const written = Object.entries(keys).map(([key, value]) => [key, `${key} = ${JSON.stringify(value)}`] as const);
  if (header === -1) {
    const before = text.trimEnd() === '' ? '' : `${text.trimEnd()}${eol}${eol}`;
    return `${before}${[`[${path.map(quoted).join('.')}]`, ...written.map(([, line]) => line)].join(eol)}${eol}`;
  }
  const next = lines.findIndex((line, at) => at > header && /^\s*\[/.test(line));
  const end = next === -1 ? lines.length : next;
  const missing: string[] = [];
  for (const [key, line] of written) {
    const at = lines.findIndex((each, index) => index > header && index < end && isKey(each, key));
    if (at === -1) missing.push(line);
    else lines[at] = line;
  }
  lines.splice(header + 1, 0, ...missing);
  return lines.join(eol);
}

function isHeaderOf(line: string, path: readonly string[]): boolean {
  return isDeepStrictEqual(namesIn(line), [...path]);
}

function isHeaderWithin(line: string, path: readonly string[]): boolean {
  const names = namesIn(line);
  return names.length > path.length && isDeepStrictEqual(names.slice(0, path.length), [...path]);
}

function namesIn(line: string): string[] {
  const [, inside = ''] = /^\s*\[\s*([^[\]]+?)\s*\]\s*(?:#.*)?$/.exec(line) ?? [];
  return inside === '' ? [] : inside.split('.').map((name) => name.trim().replace(/^(["'])(.*)\1$/, '$2'));
}

function isKey(line: string, key: string): boolean {
  return new RegExp(`^\\s*(?:${key}|"${key}"|'${key}')\\s*=`).test(line);
}

function quoted(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
}

function parsed(text: string): Table {
  try {
    return parse(text);
  } catch (error) {
    const line = error instanceof TomlError ? error.line : 0;
    throw new Refused('client-file-unreadable', `The file is no TOML (line ${line}); it is left as it is.`, {
      data: { line },
    });
  }
}

/** The values without the parser's classes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function unexpected(): Refused {
  return new Refused(
    'client-file-unexpected',
    'The file’s table of servers is written in a way that can’t be changed without touching the rest; it is left as it is.',
  );
}
