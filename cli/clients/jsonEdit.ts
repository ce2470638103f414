import { isDeepStrictEqual } from 'node:util';
import { Refused } from '../../src/errors/appError.ts';
import { parseJson, type JsonNode } from './jsonDocument.ts';

/** Sets a member of a JSON file, and leaves every other byte as it is; objects on the way are made. @throws Refused */
export function setMember(text: string, path: readonly string[], value: unknown): string {
  const root = parseJson(text);
  if (root === undefined) {
    const before = text.trim() === '' ? '' : `${text.trimEnd()}\n`;
    return `${before}${JSON.stringify(nest(path, value), undefined, 2)}\n`;
  }
  let node = root;
  for (const [depth, name] of path.entries()) {
    if (node.members === undefined) throw notAnObject(path.slice(0, depth));
    // Of several of the same name the last one counts, as in JSON.parse.
    const member = node.members.findLast((each) => each.name === name);
    const inner = path.slice(depth + 1);
    if (member === undefined) return insert(text, node, `${JSON.stringify(name)}: `, nest(inner, value));
    if (inner.length === 0) {
      // As it would be written: JSON has no negative zero of its own, for one.
      const written: unknown = JSON.parse(JSON.stringify(value));
      return isDeepStrictEqual(member.value.value, written) ? text : replace(text, member.value, value);
    }
    node = member.value;
  }
  return text;
}

/** Adds an item to an array that is a member; makes the array when it is missing. @throws Refused */
export function appendItem(text: string, path: readonly string[], item: unknown): string {
  let node = parseJson(text);
  for (const name of path) node = node?.members?.findLast((each) => each.name === name)?.value;
  if (node === undefined) return setMember(text, path, [item]);
  if (node.items === undefined) throw notAnObject(path);
  return insert(text, node, '', item);
}

/** Removes a member that is not the only one, and leaves what stands around it as it is. @throws Refused */
export function removeMember(text: string, path: readonly string[]): string {
  let node = parseJson(text);
  for (const name of path.slice(0, -1)) node = node?.members?.findLast((each) => each.name === name)?.value;
  const members = node?.members ?? [];
  const at = members.findLastIndex((each) => each.name === path.at(-1));
  const member = members[at];
  if (node === undefined || member === undefined) return text;
  const before = members[at - 1];
  // Each goes with the comma before it, the first one with the comma after it.
  if (before !== undefined) return splice(text, before.value.end, member.value.end, '');
  return splice(text, node.start + 1, afterComma(text, member.value.end), '');
}

/** The place after the next comma; comments may stand before it. */
function afterComma(text: string, from: number): number {
  const [found = ''] = /^(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*,?/.exec(text.slice(from)) ?? [];
  return found.endsWith(',') ? from + found.length : from;
}

/** Reads the value at a path. @returns undefined when it is missing @throws Refused */
export function readMember(text: string, path: readonly string[]): unknown {
  let node = parseJson(text);
  for (const name of path) node = node?.members?.findLast((each) => each.name === name)?.value;
  return node?.value;
}

function nest(path: readonly string[], value: unknown): unknown {
  return path.reduceRight((inner, name) => ({ [name]: inner }), value);
}

function notAnObject(path: readonly string[]): Refused {
  const where = path.length === 0 ? 'The file' : `“${path.join('.')}” in the file`;
  return new Refused(
    'client-file-unexpected',
    `${where} is not of the kind that the client expects; it is left as it is.`,
  );
}

function replace(text: string, node: JsonNode, value: unknown): string {
  const inline =
    !text.slice(node.start, node.end).includes('\n') && node.members !== undefined && node.members.length > 0;
  const written = inline ? compact(value) : pretty(text, value, lineIndent(text, node.start));
  return text.slice(0, node.start) + written + text.slice(node.end);
}

/** Puts a new member or item last, before the closing bracket and after the comments that stand there. */
function insert(text: string, node: JsonNode, key: string, value: unknown): string {
  const values = node.members?.map((member) => member.value) ?? node.items ?? [];
  const last = values.at(-1);
  const close = node.end - 1;
  const outer = lineIndent(text, node.start);
  const eol = lineEnd(text);
  const inside = text.slice(node.start + 1, close);
  if (last === undefined && inside.trim() === '') {
    const indent = outer + unitOf(text);
    return splice(text, node.start + 1, close, `${eol}${indent}${key}${pretty(text, value, indent)}${eol}${outer}`);
  }
  const comma = last === undefined || node.trailingComma === true ? '' : ',';
  const after = node.trailingComma === true ? ',' : '';
  if (!inside.includes('\n')) {
    const end = last?.end ?? close;
    const separator = node.trailingComma === true ? '' : `${comma} `;
    const at = node.trailingComma === true ? close : end;
    return splice(text, at, at, `${separator}${key}${compact(value)}${after}`);
  }
  const indent = last === undefined ? outer + unitOf(text) : lineIndent(text, last.start);
  // Behind everything that is there, comments included.
  const end = node.start + 1 + inside.trimEnd().length;
  const member = `${eol}${indent}${key}${pretty(text, value, indent)}${after}`;
  const closed = splice(text, end, end, member);
  return last === undefined || comma === '' ? closed : splice(closed, last.end, last.end, comma);
}

function splice(text: string, from: number, to: number, written: string): string {
  return text.slice(0, from) + written + text.slice(to);
}

function pretty(text: string, value: unknown, indent: string): string {
  return JSON.stringify(value, undefined, unitOf(text)).replaceAll('\n', lineEnd(text) + indent);
}

/** On one line, with the spaces that people write. */
function compact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(compact).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${compact(inner)}`);
  return `{ ${members.join(', ')} }`;
}

function lineEnd(text: string): string {
  return /\r\n/.test(text) ? '\r\n' : '\n';
}

/** The white space that the line at a place begins with. */
function lineIndent(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

/** One step of indentation, as the file has it. (Default: two spaces) */
function unitOf(text: string): string {
  return /^([ \t]+)["/]/m.exec(text)?.[1] ?? '  ';
}
