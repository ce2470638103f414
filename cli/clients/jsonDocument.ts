import { Refused } from '../../src/errors/appError.ts';

// JSON with comments and trailing commas, as editors write it, read with the places of everything.

export interface JsonMember {
  readonly name: string;
  readonly value: JsonNode;
}

/** A value and where it stands: `text.slice(start, end)`. */
export interface JsonNode {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  /** Of an object; undefined for anything else. */
  readonly members?: readonly JsonMember[];
  /** Of an array; undefined for anything else. */
  readonly items?: readonly JsonNode[];
  /** A comma stands after the last member or item. */
  readonly trailingComma?: boolean;
}

const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;
/** One piece: a pattern that repeats pieces keeps a way back for each, and has no room for those of a large file. */
const SPACE = /[ \t\r\n\ufeff]+|\/\/[^\r\n]*|\/\*[^]*?\*\//y;

/** Deeper is no configuration file. */
const MAX_DEPTH = 200;

/** Reads a document. @returns undefined when there is nothing but space and comments @throws Refused `client-file-unreadable` */
export function parseJson(text: string): JsonNode | undefined {
  let at = 0;

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  }
  function skipSpace(): void {
    while (match(SPACE) !== undefined);
  }
  /** The literal of a string. @returns undefined where none begins, or it has no end */
  function matchString(): string | undefined {
    if (text.charAt(at) !== '"') return undefined;
    let end = at + 1;
    while (end < text.length && text.charAt(end) !== '"') end += text.charAt(end) === '\\' ? 2 : 1;
    if (end >= text.length) return undefined;
    const found = text.slice(at, end + 1);
    at = end + 1;
    return found;
  }
  function fail(): never {
    const line = text.slice(0, at).split('\n').length;
    throw new Refused('client-file-unreadable', `The file is no JSON (line ${line}); it is left as it is.`, {
      data: { line },
    });
  }
  function read(literal: string | undefined): unknown {
    try {
      return JSON.parse(literal ?? fail());
    } catch {
      // A control character or an unknown escape in a string.
      return fail();
    }
  }
  function take(sign: string): boolean {
    skipSpace();
    if (text.charAt(at) !== sign) return false;
    at += 1;
    return true;
  }
  function string(): string {
    skipSpace();
    return read(matchString()) as string;
  }
  /** Reads what stands between brackets, up to the closing one. @returns whether a comma stood last */
  function list(close: string, item: () => void): boolean {
    for (let comma = false; ; comma = true) {
      if (take(close)) return comma;
      item();
      if (take(',')) continue;
      if (!take(close)) fail();
      return false;
    }
  }
  function node(depth: number): JsonNode {
    if (depth > MAX_DEPTH) fail();
    skipSpace();
    const start = at;
    if (take('{')) {
      const members: JsonMember[] = [];
      const trailingComma = list('}', () => {
        const name = string();
        if (!take(':')) fail();
        members.push({ name, value: node(depth + 1) });
      });
      const value = Object.fromEntries(members.map((member) => [member.name, member.value.value]));
      return { start, end: at, value, members, trailingComma };
    }
    if (take('[')) {
      const items: JsonNode[] = [];
      const trailingComma = list(']', () => items.push(node(depth + 1)));
      return { start, end: at, value: items.map(({ value }) => value), items, trailingComma };
    }
    const literal = text.charAt(at) === '"' ? matchString() : match(SCALAR);
    return { start, end: at, value: read(literal) };
  }

  skipSpace();
  if (at === text.length) return undefined;
  const root = node(0);
  skipSpace();
  if (at !== text.length) fail();
  return root;
}
