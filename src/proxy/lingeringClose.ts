import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long what still comes from the client is read and thrown away, in milliseconds. */
const LINGER_MS = 1_000;

/**
 * Sends the last of an answer whose head is written, then closes the connection although the request has not been read to its
 * end. Closed at once, the connection would be reset by what is still unread, and the reset would take the answer along
 * (RFC 9112, 9.6).
 */
export function endWithLingeringClose(req: IncomingMessage, res: ServerResponse, last: Buffer): void {
  const { socket } = res;
  if (socket === null) return;
  res.write(last);
  socket.end();
  req.resume();
  const bound = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => {
    clearTimeout(bound);
  });
}
