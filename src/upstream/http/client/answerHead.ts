import { malformed } from './malformedAnswer.ts';

/** The head of an answer, and what it says of the content and the connection. */
export interface AnswerHead {
  readonly status: number;
  readonly statusMessage: string;
  /** Names in lower case; a field that comes several times is a list. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** How long the content is, in bytes; `chunked`: it says itself; `close`: to the end of the connection. */
  readonly content: number | 'chunked' | 'close';
  /** Another request may follow on the connection. */
  readonly isKeptAlive: boolean;
  /** How long the server keeps it when nothing is sent, in milliseconds; undefined: it does not say. */
  readonly keepAliveMs: number | undefined;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/**
 * A field, without the white space around its value (RFC 9112, 5.1). A line that goes on with the field before is none (5.2). White
 * space may match in one way only: else the time for a line would grow with its square.
 */
const FIELD =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*(?:([\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)[\t ]*)?$/;

const LENGTH = /^\d{1,15}$/;
const CLOSE = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i;
const KEEP_ALIVE = /(?:^|,)[\t ]*keep-alive[\t ]*(?:,|$)/i;
const KEPT_SECONDS = /timeout\s*=\s*(\d{1,9})/i;

/**
 * Reads the head of an answer (RFC 9112, 4 to 6), without the empty line behind it. What two readers may understand in two ways is
 * refused: so no answer is taken for a part of another one.
 * @throws MalformedAnswer
 */
export function readAnswerHead(text: string): AnswerHead {
  const lines = text.split('\r\n');
  const [, minor, code, statusMessage = ''] = STATUS_LINE.exec(lines[0] ?? '') ?? malformed('status line');
  const status = Number(code);
  // Without a prototype, so that one called __proto__ is a field like others.
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (let at = 1; at < lines.length; at += 1) {
    const [, name = '', value = ''] = FIELD.exec(lines[at] ?? '') ?? malformed('header field');
    const key = name.toLowerCase();
    const known = headers[key];
    if (known === undefined) headers[key] = value;
    else if (typeof known === 'string') headers[key] = [known, value];
    else known.push(value);
  }
  // It has no content, and what came would be read as the next head by some (RFC 9110, 8.6; RFC 9112, 6.1).
  if (status < 200 && hasContent(headers)) malformed('interim answer with a length');
  // RFC 9112, 6.1: its framing is faulty.
  if (minor === '0' && 'transfer-encoding' in headers) malformed('transfer coding of HTTP/1.0');
  const content = contentOf(status, headers);
  const connection = String(headers['connection'] ?? '');
  const isPersistent = minor === '1' ? !CLOSE.test(connection) : KEEP_ALIVE.test(connection) && !CLOSE.test(connection);
  // Of a status without content, what comes all the same would be the next answer.
  const isClean = !isBodiless(status) || !hasContent(headers);
  const kept = KEPT_SECONDS.exec(String(headers['keep-alive'] ?? ''))?.[1];
  return {
    status,
    statusMessage,
    headers: Object.freeze(headers),
    content,
    isKeptAlive: isPersistent && isClean && content !== 'close',
    keepAliveMs: kept === undefined ? undefined : Number(kept) * 1_000,
  };
}

/** The heads of a server's answers: it sends the same one for a whole second, but for answers of other lengths. */
export class AnswerHeads {
  #text = '';
  #head: AnswerHead | undefined;

  /** @throws MalformedAnswer */
  read(text: string): AnswerHead {
    if (this.#head === undefined || text !== this.#text) {
      this.#head = readAnswerHead(text);
      this.#text = text;
    }
    return this.#head;
  }
}

/** RFC 9112, 6.3. */
function contentOf(status: number, headers: AnswerHead['headers']): AnswerHead['content'] {
  const length = headers['content-length'];
  const coding = headers['transfer-encoding'];
  if (coding !== undefined) {
    if (length !== undefined) return malformed('length beside a transfer coding');
    if (typeof coding !== 'string' || coding.toLowerCase() !== 'chunked') return malformed('transfer coding');
  }
  if (length !== undefined && (typeof length !== 'string' || !LENGTH.test(length))) return malformed('length');
  if (isBodiless(status)) return 0;
  if (coding !== undefined) return 'chunked';
  return length === undefined ? 'close' : Number(length);
}

/** RFC 9110, 6.4.1. */
function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

function hasContent(headers: AnswerHead['headers']): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) > 0);
}
