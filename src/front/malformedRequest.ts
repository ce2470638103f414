import type { Duplex } from 'node:stream';
import { answerRaw, HEADERS_TOO_LARGE, REQUEST_TIMEOUT, type RawRefusal } from './rawAnswer.ts';
import { requestQueueOf } from './requestQueue.ts';

const MALFORMED: RawRefusal = [
  '400 Bad Request',
  'request-malformed',
  'This is not a well-formed HTTP/1.1 request (RFC 9112): see its request line, headers and lengths.',
];

/** By the codes of Node's HTTP parser and server. */
const BY_CODE: Readonly<Record<string, RawRefusal>> = {
  HPE_HEADER_OVERFLOW: HEADERS_TOO_LARGE,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Content Too Large', 'body-too-large', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: REQUEST_TIMEOUT,
};

/** Answers what Node can't parse, or did not get in time, if no other answer is under way, and closes the connection. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (requestQueueOf(socket)?.isIdle === false) socket.destroy();
  else answerRaw(socket, ...(BY_CODE[error.code ?? ''] ?? MALFORMED));
}
