import type { Socket } from 'node:net';
import { errors, type Dispatcher } from 'undici';

/** So small a content is one write with its head. */
const ONE_WRITE_BYTES = 64 * 1024;

/**
 * Of the content, in bytes; undefined: there is none, and none is expected (RFC 9110, 8.6).
 * @throws InvalidArgumentError for a content that is not there as a whole
 */
export function lengthOf({ method, body }: Dispatcher.DispatchOptions): number | undefined {
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (Buffer.isBuffer(body)) return body.length;
  if (body !== null && body !== undefined) throw new errors.InvalidArgumentError('the content can’t be sent');
  return method === 'POST' ? 0 : undefined;
}

/** Writes a request. @param head see RequestHeads @param length of its content, see lengthOf */
export function writeRequest(
  socket: Socket,
  head: Buffer,
  length: number | undefined,
  body: Dispatcher.DispatchOptions['body'],
): void {
  const end = length === undefined ? '\r\n' : `content-length: ${length}\r\n\r\n`;
  const content = typeof body === 'string' || Buffer.isBuffer(body) ? body : '';
  const isOneWrite = length === undefined || length <= ONE_WRITE_BYTES;
  const headBytes = head.length + end.length;
  const bytes = Buffer.allocUnsafe(isOneWrite ? headBytes + (length ?? 0) : headBytes);
  bytes.set(head);
  bytes.write(end, head.length, 'latin1');
  if (isOneWrite) {
    if (typeof content === 'string') bytes.write(content, headBytes);
    else bytes.set(content, headBytes);
    socket.write(bytes);
    return;
  }
  socket.cork();
  socket.write(bytes);
  socket.write(content);
  socket.uncork();
}
