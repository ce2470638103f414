import { Server } from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';

/** What Node has of a listening socket, without a public name. */
interface ListeningSocket {
  /** As listen(2): of a socket that listens already, it sets how many connections may wait. */
  listen?(backlog: number): number;
}

/** When nobody has come for so long, in milliseconds, nobody is on the way. */
const QUIET_MS = 20;

/** Those who wait are taken for so long at most, in milliseconds. */
const MAX_MS = 2_000;

/**
 * Closes a listening socket, and leaves the connections that it has accepted as they are. The system resets those that wait to be
 * accepted when it closes, after their clients have sent a request: one that must not be sent again fails. So nobody new is let in
 * while somebody waits, all who wait are taken, and the socket closes just when it has handed over the last one. Who comes
 * meanwhile is not answered by the system, tries again, and is then refused before anything was sent.
 */
export async function stopListening(server: Server): Promise<void> {
  if (!server.listening) return;
  // The server's own close() would also end connections whose request is on its way.
  const close = (): void => {
    Server.prototype.close.call(server);
  };
  const { _handle: socket } = server as Server & { _handle?: ListeningSocket | null };
  // On a socket of the file system, who comes would be refused instead of having to wait.
  if (typeof server.address() === 'string' || socket?.listen?.(0) !== 0) {
    close();
    return;
  }
  let taken = 0;
  let isEmpty = false;
  const onTaken = (): void => {
    taken += 1;
    // Nobody waited; at most this one has come since.
    if (isEmpty) close();
  };
  server.prependListener('connection', onTaken);
  try {
    // The rest of a round that has looked for connections before.
    await nextRound();
    let before: number;
    const bound = performance.now() + MAX_MS;
    do {
      before = taken;
      await nextRound();
    } while (before !== taken && performance.now() < bound);
    isEmpty = true;
    const end = performance.now() + QUIET_MS;
    while (server.listening && performance.now() < end) await nextRound();
  } finally {
    server.off('connection', onTaken);
  }
  if (server.listening) close();
}
