import type { ServerResponse } from 'node:http';

/** How long what still comes from the client is read and thrown away, in milliseconds. */
const LINGER_MS = 1_000;

/**
 * Ends a response whose request may go on. Its client stops sending when it sees the end; closed at once, the connection would be
 * reset by what is still unread, and the reset would take the last lines along (RFC 9112, 9.6).
 */
export function endResponse(res: ServerResponse): void {
  const { req } = res;
  res.end();
  if (req.complete) return;
  req.resume();
  const bound = setTimeout(() => req.socket.destroy(), LINGER_MS);
  for (const event of ['end', 'close'] as const) req.once(event, () => clearTimeout(bound));
}
