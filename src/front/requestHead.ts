import type { IncomingMessage } from 'node:http';
import { Invalid, Limited } from '../errors/appError.ts';
import { checkForwarded } from './client.ts';

/** Far more than clients and proxies send. */
const MAX_HEADERS = 200;

/**
 * Headers that a request has once at most: two readers that take different ones of them would see two requests. Of those that
 * Node drops or joins, it tells nothing.
 */
const SINGLE = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'if-match',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-session-id',
  'origin',
  'transfer-encoding',
  'x-api-key',
]);

/** Clients are known that send it twice with one value, which then counts as one, in two lines as in one (RFC 9110, 5.3). */
const MAY_REPEAT_ITS_VALUE = 'mcp-protocol-version';

/**
 * Checks the head of a request before anything acts on it.
 * @throws Invalid `forwarded-ambiguous`, `header-repeated`, `host-missing`, `request-target-invalid`, `transfer-encoding-unsupported`
 * @throws Limited `headers-too-large`
 */
export function checkRequestHead(req: IncomingMessage): void {
  const { headers, rawHeaders, url = '' } = req;
  if (rawHeaders.length > MAX_HEADERS * 2) {
    throw new Limited('headers-too-large', `The request has more than ${MAX_HEADERS} headers.`);
  }
  // As many names as lines: none came twice, and nothing was dropped.
  let names = 0;
  for (const _ in headers) names += 1;
  if (names * 2 !== rawHeaders.length) checkRepeated(req);
  // Node has joined its lines.
  const version = headers[MAY_REPEAT_ITS_VALUE];
  if (version?.includes(',') === true) headers[MAY_REPEAT_ITS_VALUE] = onlyValue(MAY_REPEAT_ITS_VALUE, String(version));
  if (headers.host === undefined && req.httpVersion !== '1.0') {
    throw new Invalid('host-missing', 'The request has no Host header (RFC 9112, 3.2). Send one.');
  }
  checkForwarded(req);
  if (url.charCodeAt(0) !== SLASH && url !== '*') throw targetInvalid();
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || req.httpVersion === '1.0')) {
    const message = 'The only Transfer-Encoding is chunked, in HTTP/1.1 (RFC 9112, 6.1).';
    throw new Invalid('transfer-encoding-unsupported', message);
  }
}

const SLASH = '/'.charCodeAt(0);

/**
 * Takes the absolute form of a request target (RFC 9112, 3.2.2) for the path that it names, when it names the host that the
 * Host header does. Any other is left as it is, for `checkRequestHead` to refuse.
 */
export function readTarget(req: IncomingMessage): void {
  const { url = '', headers } = req;
  if (url.charCodeAt(0) === SLASH) return;
  const parts = /^https?:\/\/([^/?#@]+)([/?].*)?$/i.exec(url);
  if (parts === null || !URL.canParse(url) || parts[1]?.toLowerCase() !== headers.host?.toLowerCase()) return;
  const rest = parts[2] ?? '/';
  req.url = rest.startsWith('/') ? rest : `/${rest}`;
}

function checkRepeated({ rawHeaders }: IncomingMessage): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (!SINGLE.has(name) && !name.startsWith('mcp-param-')) continue;
    if (seen.has(name)) throw headerRepeated(name, 'comes more than once');
    seen.add(name);
  }
}

function onlyValue(name: string, list: string): string {
  const values = new Set(list.split(',').map((value) => value.trim()));
  // Empty elements of a list mean nothing (RFC 9110, 5.6.1).
  values.delete('');
  const [value = '', ...others] = values;
  if (others.length > 0) throw headerRepeated(name, 'has more than one value');
  return value;
}

function headerRepeated(name: string, what: string): Invalid {
  return new Invalid('header-repeated', `The header ${name} ${what}. Send one.`, { data: { header: name } });
}

function targetInvalid(): Invalid {
  return new Invalid(
    'request-target-invalid',
    'The request target is neither a path nor a URL of the host that the Host header names (RFC 9112, 3.2).',
  );
}
