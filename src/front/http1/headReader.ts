import type { IncomingHttpHeaders } from 'node:http';
import { MAX_HEADER_BYTES } from '../limits.ts';

/** The head of a request that means one thing only. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** Names and values in turns, as they came. */
  readonly rawHeaders: string[];
  /** As Node joins them, once a request has needed them. Never changed, and given to nobody but as a copy. */
  joined: IncomingHttpHeaders | undefined;
  /** Of the body, in bytes. */
  readonly contentLength: number;
  /** How many bytes it takes, with the blank line at its end. */
  readonly length: number;
}

/** A larger head is read anew, in bytes: clients' have some hundred, and a stranger may hold thousands of connections. */
const MAX_REMEMBERED = 2_048;

const END = Buffer.from('\r\n\r\n');

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const TARGET = /^\/[\w/.~!$&'()*+,;=:@%?-]*$/;
/** RFC 9110, 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** Without what is above ASCII, which RFC 9110, 5.5 calls obsolete. */
const VALUE = /^[\t\x20-\x7e]*$/;
const LENGTH = /^(?:0|[1-9]\d{0,14})$/;

/** Fields that say how the message ends, or what becomes of its connection: with one of them, the head is not ours to read. */
const FRAMING = new Set(['expect', 'proxy-connection', 'transfer-encoding', 'upgrade']);

/**
 * Reads heads of HTTP/1.1 (RFC 9112, 2 to 5) that are plain: come whole, with nothing but ASCII, a path, a length at most once, and a
 * connection that goes on. What it does not take is for Node's parser, which reads all that may be read, and says what is wrong.
 * Where it takes a head, Node's parser understands the same.
 *
 * A client sends the same head again and again: the last one is remembered, with what it says, until the client is silent for a moment.
 */
export class HeadReader {
  #text = '';
  #last: RequestHead | undefined;

  /** @returns undefined: this is not a plain head */
  read(bytes: Buffer, from: number): RequestHead | undefined {
    const end = bytes.indexOf(END, from);
    if (end === -1 || end - from > MAX_HEADER_BYTES - END.length) return undefined;
    const text = bytes.toString('latin1', from, end + 2);
    if (text === this.#text) return this.#last;
    const head = parse(text);
    if (text.length <= MAX_REMEMBERED) {
      this.#text = text;
      this.#last = head;
    }
    return head;
  }

  /** The client is silent: what it has sent is held no longer. */
  forget(): void {
    this.#text = '';
    this.#last = undefined;
  }
}

/** @param text each line with its end */
function parse(text: string): RequestHead | undefined {
  const lineEnd = text.indexOf('\r\n');
  const [method = '', target = '', version, ...others] = text.slice(0, lineEnd).split(' ');
  if (version !== 'HTTP/1.1' || others.length > 0 || !METHODS.has(method) || !TARGET.test(target)) return undefined;
  const rawHeaders: string[] = [];
  let contentLength: number | undefined;
  for (let from = lineEnd + 2; from < text.length;) {
    const end = text.indexOf('\r\n', from);
    const colon = text.indexOf(':', from);
    if (colon === -1 || colon > end) return undefined;
    const name = text.slice(from, colon);
    const value = text.slice(colon + 1, end);
    if (!TOKEN.test(name) || !VALUE.test(value)) return undefined;
    // There are no other blanks left for it to take off (RFC 9110, 5.6.3).
    const trimmed = value.trim();
    const lowerCase = name.toLowerCase();
    if (FRAMING.has(lowerCase)) return undefined;
    if (lowerCase === 'connection' && trimmed.toLowerCase() !== 'keep-alive') return undefined;
    if (lowerCase === 'content-length') {
      if (contentLength !== undefined || !LENGTH.test(trimmed)) return undefined;
      contentLength = Number(trimmed);
    }
    rawHeaders.push(name, trimmed);
    from = end + 2;
  }
  // It is one for all requests with this head.
  Object.freeze(rawHeaders);
  return { method, target, rawHeaders, joined: undefined, contentLength: contentLength ?? 0, length: text.length + 2 };
}
