import type { Duplex } from 'node:stream';

/** An answer that has no request, or does not wait for the rest of it. */
export type RawRefusal = readonly [status: string, code: string, error: string];

export const REQUEST_TIMEOUT: RawRefusal = [
  '408 Request Timeout',
  'request-timeout',
  'The request was not sent in time.',
];

export const HEADERS_TOO_LARGE: RawRefusal = [
  '431 Request Header Fields Too Large',
  'headers-too-large',
  'The request line and headers are larger than 16 KiB.',
];

/** Answers on a connection that has no request to answer, with a problem (RFC 9457), and closes it. */
export function answerRaw(socket: Duplex, status: string, code: string, error: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [number] = status.split(' ', 1);
  const body = JSON.stringify({
    type: 'about:blank',
    title: status.slice(4),
    status: Number(number),
    detail: error,
    error,
    code,
  });
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    ...(number === '503' ? ['Retry-After: 1'] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
