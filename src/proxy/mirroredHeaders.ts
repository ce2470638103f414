import type { IncomingHttpHeaders } from 'node:http';
import { Invalid, type AppError } from '../errors.ts';
import { excerpt } from '../upstream/excerpt.ts';
import { isObject, type Message } from './message.ts';

const PREFIX = '=?base64?';
const SUFFIX = '?=';

/** The member of `params` that `Mcp-Name` mirrors, by method (MCP 2026-07-28, basic/transports; extension tasks). */
const NAMED_BY = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/**
 * Compares `Mcp-Method` and `Mcp-Name` with the body that they mirror; a request must carry them. `Mcp-Param-*` needs the
 * tool's schema and stays the server's check.
 */
export function checkMirroredHeaders(
  kind: Message['kind'],
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
  const name = isObject(params) ? params[member] : undefined;
  if (nameHeader === undefined) {
    if (kind !== 'request' || typeof name !== 'string') return undefined;
    return mismatch('Mcp-Name', `is missing; the body carries params.${member}`);
  }
  const decoded = typeof nameHeader === 'string' ? decodeHeaderValue(nameHeader) : undefined;
  if (decoded === undefined) return mismatch('Mcp-Name', 'is not valid base64 of UTF-8');
  return decoded === name ? undefined : mismatch('Mcp-Name', `is not the body's params.${member}`);
}

/** Decodes `=?base64?…?=`; another value stands for itself. Returns undefined when the base64 or its UTF-8 is bad. */
export function decodeHeaderValue(value: string): string | undefined {
  if (!value.startsWith(PREFIX) || !value.endsWith(SUFFIX)) return value;
  const encoded = value.slice(PREFIX.length, -SUFFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

function mismatch(header: string, problem: string): AppError {
  return new Invalid('header-mismatch', `The header ${header} ${problem}.`, { data: { header } });
}
