import type { IncomingHttpHeaders } from 'node:http';
import { Invalid, type AppError } from '../errors/appError.ts';
import { decodeHeaderValue, encodeHeaderValue } from './headerValue.ts';
import { excerpt } from './excerpt.ts';
import { isJsonObject, type JsonObject } from './jsonRpc.ts';

/** The member of `params` that `Mcp-Name` mirrors, by method (MCP 2026-07-28, basic/transports; extension tasks). */
const NAMED_BY = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/** Mirrors a modern request's version, method and name into its headers (MCP 2026-07-28, basic/transports, Request Metadata). */
export function mirroredHeaders(version: string, method: string, params: JsonObject): Record<string, string> {
  const key = NAMED_BY.get(method);
  const name = key === undefined ? undefined : params[key];
  return {
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': encodeHeaderValue(name) }),
  };
}

/**
 * Compares `Mcp-Method` and `Mcp-Name` with the body that they mirror; a request must carry them. `Mcp-Param-*` needs the
 * tool's schema and stays the server's check.
 */
export function checkMirroredHeaders(
  kind: 'request' | 'notification' | 'response' | 'batch',
  method: string,
  params: unknown,
  headers: IncomingHttpHeaders,
): AppError | undefined {
  const methodHeader = headers['mcp-method'];
  if (methodHeader === undefined) {
    if (kind === 'request')
      return mismatch('Mcp-Method', `is missing; the body's method is ${JSON.stringify(excerpt(method, []))}`);
  } else if (methodHeader !== method) {
    return mismatch('Mcp-Method', `is not the body's method ${JSON.stringify(excerpt(method, []))}`);
  }
  const nameHeader = headers['mcp-name'];
  const member = NAMED_BY.get(method);
  if (member === undefined) return undefined;
  const name = isJsonObject(params) ? params[member] : undefined;
  if (nameHeader === undefined) {
    if (kind !== 'request' || typeof name !== 'string') return undefined;
    return mismatch('Mcp-Name', `is missing; the body carries params.${member}`);
  }
  const decoded = typeof nameHeader === 'string' ? decodeHeaderValue(nameHeader) : undefined;
  if (decoded === undefined) return mismatch('Mcp-Name', 'is not valid base64 of UTF-8');
  return decoded === name ? undefined : mismatch('Mcp-Name', `is not the body's params.${member}`);
}

function mismatch(header: string, problem: string): AppError {
  return new Invalid('header-mismatch', `The header ${header} ${problem}.`, { data: { header } });
}
