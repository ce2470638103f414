import type { OutgoingHttpHeaders } from 'node:http2';

/** The head of an answer, as HTTP/2 sends it. */
export interface AnswerHead {
  readonly headers: OutgoingHttpHeaders;
  /** Of 1xx: another head follows. */
  readonly isInformational: boolean;
  /** The answer is the last one of its connection. */
  readonly closes: boolean;
  /** Where in the bytes the head has ended. */
  readonly end: number;
}

const MAX_STATUS = 599;

const HEAD_END = Buffer.from('\r\n\r\n');

/** What belongs to a connection of HTTP/1.1, and is malformed in HTTP/2 (RFC 9113, 8.2.2). */
const OF_THE_CONNECTION = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads the head of an answer that Node has written: whole, with one status and headers line by line.
 * @throws TypeError when it is not whole
 */
export function readAnswerHead(bytes: Buffer): AnswerHead {
  const at = bytes.indexOf(HEAD_END);
  if (at === -1) throw new TypeError('Node writes the heads of answers in another way');
  const [first = '', ...lines] = bytes.toString('latin1', 0, at).split('\r\n');
  const written = Number(first.slice(9, 12));
  // A server's own, which HTTP/1.1 carries; here it stands for the fault that it is (RFC 9110, 15).
  const status = written > MAX_STATUS ? 502 : written;
  const headers: OutgoingHttpHeaders = { ':status': status };
  let closes = false;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 2);
    if (!OF_THE_CONNECTION.has(name)) add(headers, name, value);
    else if (name === 'connection' && value.toLowerCase() === 'close') closes = true;
  }
  return { headers, isInformational: status < 200, closes, end: at + HEAD_END.length };
}

function add(headers: OutgoingHttpHeaders, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else headers[name] = Array.isArray(before) ? [...before, value] : [String(before), value];
}
