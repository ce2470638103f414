import { isJsonObject, type JsonObject } from '../../src/mcp/jsonRpc.ts';
import { isLosslessNumber, stringifyLossless } from '../../src/mcp/losslessJson.ts';

/** A place in a JSON value where two versions of it differ; what is absent there is undefined. */
export interface ValueDifference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Levels of objects that are compared member by member; what is deeper is shown as a whole. */
const MAX_DEPTH = 12;

/** Finds where two versions of a JSON value differ, member by member. */
export function valueDifferences(path: string, before: unknown, after: unknown, depth = 0): ValueDifference[] {
  if (textOf(before) === textOf(after)) return [];
  if (depth >= MAX_DEPTH || !isPlainObject(before) || !isPlainObject(after)) return [{ path, before, after }];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const step = /^[\w$-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    return valueDifferences(path + step, ownMember(before, name), ownMember(after, name), depth + 1);
  });
}

function isPlainObject(value: unknown): value is JsonObject {
  return isJsonObject(value) && !isLosslessNumber(value);
}

function ownMember(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function textOf(value: unknown): string {
  return value === undefined ? '' : stringifyLossless(value);
}
