import { excerpt } from './excerpt.ts';
import { encodeHeaderValue } from './headerValue.ts';
import { isJsonObject, type JsonObject } from './jsonRpc.ts';
import { isLosslessNumber } from './losslessJson.ts';

const ANNOTATION = 'x-mcp-header';
/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const MIRRORED_TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);
/** JSON Schema keywords whose members are named schemas: a member's name is no keyword. */
const MAPS_OF_SCHEMAS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
]);
/** JSON Schema keywords that hold instances, not schemas. */
const DATA: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples']);

/** Arguments of one tool that are mirrored: a request has room for no more headers. */
const MAX_HEADERS = 100;

/** The properties that lead to a place, innermost first: one object for each place, however deep it is. */
interface Place {
  readonly name: string;
  readonly within: Place | undefined;
}

/** The schema itself. */
const ROOT: Place = { name: '', within: undefined };

/** An argument that is mirrored into a header. */
export interface ParamHeader {
  /** In lower case, with the prefix. */
  readonly header: string;
  /** The names of the properties that lead to the value. */
  readonly path: readonly string[];
}

/** A tool's annotations, or why they make its definition invalid. */
export type ParamHeaders =
  | { readonly valid: true; readonly headers: readonly ParamHeader[] }
  | { readonly valid: false; readonly reason: string };

/** Finds the `x-mcp-header` annotations of a tool's input schema and checks them (MCP 2026-07-28, basic/transports, Schema Extension). */
export function findParamHeaders(inputSchema: JsonObject): ParamHeaders {
  const headers: ParamHeader[] = [];
  const names = new Set<string>();
  // A list of what is left to visit, not recursion: the schema is foreign, and may be nested as deeply as it likes.
  // `place` is undefined where no chain of `properties` leads.
  const left: { node: unknown; place: Place | undefined }[] = [{ node: inputSchema, place: ROOT }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { node, place } = next;
    if (Array.isArray(node)) {
      for (const item of node) left.push({ node: item, place: undefined });
      continue;
    }
    if (!isJsonObject(node)) continue;
    if (isAnnotated(node)) {
      const path = place && pathTo(place);
      const fault = faultOf(node, path, names);
      if (fault !== undefined) return { valid: false, reason: fault };
      const name = String(node[ANNOTATION]).toLowerCase();
      if (names.size >= MAX_HEADERS)
        return { valid: false, reason: `it has more than ${MAX_HEADERS} of ${ANNOTATION}` };
      names.add(name);
      headers.push({ header: `mcp-param-${name}`, path: path ?? [] });
    }
    for (const [keyword, value] of Object.entries(node)) {
      if (DATA.has(keyword)) continue;
      if (!MAPS_OF_SCHEMAS.has(keyword) || !isJsonObject(value)) left.push({ node: value, place: undefined });
      else {
        const within = keyword === 'properties' ? place : undefined;
        for (const [name, schema] of Object.entries(value)) {
          left.push({ node: schema, place: within && { name, within } });
        }
      }
    }
  }
  return { valid: true, headers };
}

/** Makes the `Mcp-Param-*` headers of a call; absent and null arguments have none. */
export function paramHeaderValues(headers: readonly ParamHeader[], args: JsonObject): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { header, path } of headers) {
    const text = argumentText(args, path);
    if (text !== undefined) values[header] = encodeHeaderValue(text);
  }
  return values;
}

/** Gives an argument as its header has it; undefined for one that has none. */
export function argumentText(args: JsonObject, path: readonly string[]): string | undefined {
  let value: unknown = args;
  for (const name of path) value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return textOf(value);
}

function textOf(value: unknown): string | undefined {
  if (isLosslessNumber(value)) {
    const number = Number(value.rawJSON);
    return Number.isSafeInteger(number) ? String(number) : value.rawJSON;
  }
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return String(value);
  return undefined;
}

/** Some servers write null for what is absent. */
function isAnnotated(node: JsonObject): boolean {
  return Object.hasOwn(node, ANNOTATION) && node[ANNOTATION] !== null;
}

function pathTo(place: Place): readonly string[] {
  const path: string[] = [];
  for (let at: Place = place; at.within !== undefined; at = at.within) path.push(at.name);
  return path.reverse();
}

function faultOf(
  node: JsonObject,
  path: readonly string[] | undefined,
  taken: ReadonlySet<string>,
): string | undefined {
  const name = node[ANNOTATION];
  if (path === undefined || path.length === 0) return `${ANNOTATION} stands where no chain of properties leads`;
  const where = `${ANNOTATION} of ${excerpt(path.join('.'), [])}`;
  if (typeof name !== 'string' || !TOKEN.test(name)) return `${where} is not a header name`;
  if (!MIRRORED_TYPES.has(node['type'])) return `${where} is not on a string, integer or boolean`;
  if (taken.has(name.toLowerCase())) return `${where} is used twice`;
  return undefined;
}
