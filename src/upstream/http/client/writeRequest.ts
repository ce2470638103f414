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

/** Writes a request whose head is made. */
export function writeRequest(socket: Socket, head: string, body: Dispatcher.DispatchOptions['body']): void {
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) {
    socket.write(head, 'latin1');
    return;
  }
  const content = typeof body === 'string' ? Buffer.from(body) : body;
  if (content.length <= ONE_WRITE_BYTES) {
    const bytes = Buffer.allocUnsafe(head.length + content.length);
    bytes.write(head, 'latin1');
    bytes.set(content, head.length);
    socket.write(bytes);
    return;
  }
  socket.cork();
  socket.write(head, 'latin1');
  socket.write(content);
  socket.uncork();
}
