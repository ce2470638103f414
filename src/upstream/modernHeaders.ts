import type { JsonObject } from './jsonRpc.ts';

/** The parameter that `Mcp-Name` mirrors, per method (MCP 2026-07-28, basic/transports, Standard Request Headers). */
const NAMED_BY: ReadonlyMap<string, 'name' | 'uri'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);

/** Mirrors a modern request's version, method and name into its headers (MCP 2026-07-28, basic/transports, Request Metadata). */
export function modernHeaders(version: string, method: string, params: JsonObject): Record<string, string> {
  const key = NAMED_BY.get(method);
  const name = key === undefined ? undefined : params[key];
  return {
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': encodeHeaderValue(name) }),
  };
}

/** Encodes a value for a header: as it is where that is safe, else as `=?base64?…?=` (MCP 2026-07-28, Value Encoding). */
export function encodeHeaderValue(value: string): string {
  const safe = /^[\t\x20-\x7e]*$/.test(value) && !/^[\t ]|[\t ]$/.test(value) && !/^=\?base64\?.*\?=$/.test(value);
  return safe ? value : `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}
