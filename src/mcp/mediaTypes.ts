/** What an `Accept` header admits. */
export interface Accepted {
  readonly json: boolean;
  readonly sse: boolean;
}

/** Header values remembered at most; clients use a handful. */
const REMEMBERED = 256;

const remembered = new Map<string, Accepted>();

/**
 * Reads an `Accept` header. A wildcard admits what it covers (RFC 9110, 12.5.1); an absent header admits nothing, because
 * MCP clients must name both types (MCP 2025-11-25, basic/transports, "Sending Messages to the Server").
 */
export function readAccept(header: string | undefined): Accepted {
  if (header === undefined) return { json: false, sse: false };
  const known = remembered.get(header);
  if (known !== undefined) return known;
  const types = header.split(',').map(essence);
  const all = types.includes('*/*');
  const accepted = {
    json: all || types.includes('application/json') || types.includes('application/*'),
    sse: all || types.includes('text/event-stream') || types.includes('text/*'),
  };
  if (remembered.size >= REMEMBERED) remembered.clear();
  remembered.set(header, accepted);
  return accepted;
}

/**
 * Tells whether a request's `Content-Type` is JSON in UTF-8. Another charset is refused: JSON is UTF-8 (RFC 8259, 8.1), and
 * an upstream that decoded the same bytes otherwise would read another message than the one that was authorised.
 */
export function isJsonRequest(header: string | undefined): boolean {
  if (header === 'application/json') return true;
  return header !== undefined && essence(header) === 'application/json' && isUtf8(header);
}

/** Tells whether a media type names no other charset than UTF-8, of which US-ASCII is a part. */
export function isUtf8(header: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^;"\s]*)/i.exec(header);
  return charset === null || /^(?:utf-?8|us-ascii)$/i.test(charset[1] ?? '');
}

/** Cuts a media type's parameters off, in lower case: `application/json`. */
export function essence(value: string): string {
  const semicolon = value.indexOf(';');
  return (semicolon === -1 ? value : value.slice(0, semicolon)).trim().toLowerCase();
}

/**
 * Tells whether an answer of this type is read as JSON. The official TypeScript and Go clients read `application/json`, those
 * for Python and Rust also what begins so (`application/json-rpc`); none reads `text/json`, `+json`, or an untyped body.
 */
export function isJsonAnswer(type: string): boolean {
  return type.startsWith('application/json');
}

/** Tells whether an answer of this type is a page for people. */
export function isPage(type: string): boolean {
  return type === 'text/html' || type === 'application/xhtml+xml';
}
