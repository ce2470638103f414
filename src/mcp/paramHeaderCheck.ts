import type { IncomingHttpHeaders } from 'node:http';
import { Invalid, type AppError } from '../errors/appError.ts';
import { decodeHeaderValue } from './headerValue.ts';
import type { JsonObject } from './jsonRpc.ts';
import { argumentText, type ParamHeader } from './toolParamHeaders.ts';

/** What a header's value may hold (RFC 9110, 5.5); Node gives each other byte as a character. */
const SENDABLE = /^[\t\x20-\x7e]*$/;

/** A whole number in any of its spellings, such as 42.0. */
const WHOLE = /^-?\d+(?:\.0+)?$/;

/**
 * Compares the `Mcp-Param-*` headers of a call with the arguments that they mirror (MCP 2026-07-28, basic/transports, Schema
 * Extension). Headers that the tool does not define are nobody's.
 */
export function checkParamHeaders(
  defined: readonly ParamHeader[],
  args: JsonObject,
  headers: IncomingHttpHeaders,
): AppError | undefined {
  for (const { header, path } of defined) {
    const problem = problemOf(headers[header], argumentText(args, path));
    if (problem === undefined) continue;
    const message = `The header ${header} ${problem} arguments.${path.join('.')}.`;
    return new Invalid('header-mismatch', message, { data: { header } });
  }
  return undefined;
}

/** Says what is wrong, up to the name of the argument. */
function problemOf(sent: string | string[] | undefined, expected: string | undefined): string | undefined {
  if (sent === undefined) return expected === undefined ? undefined : 'is missing, which mirrors';
  if (typeof sent !== 'string') return 'is there more than once, and mirrors';
  const decoded = SENDABLE.test(sent) ? decodeHeaderValue(sent.trim()) : undefined;
  if (decoded === undefined) return 'has characters or base64 that no header may have, and mirrors';
  if (expected === undefined) return 'mirrors nothing: there is no';
  return isSame(decoded, expected) ? undefined : 'is not';
}

function isSame(sent: string, expected: string): boolean {
  if (sent === expected) return true;
  if (!WHOLE.test(sent) || !WHOLE.test(expected)) return false;
  return wholeOf(sent) === wholeOf(expected);
}

function wholeOf(text: string): bigint {
  return BigInt(text.replace(/\.0+$/, ''));
}
