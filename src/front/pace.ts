import type { Socket } from 'node:net';
import type { FrontLimits } from './limits.ts';

interface Paced {
  /** What answers are written to. */
  readonly socket: Pick<Socket, 'writableLength'>;
  /** What their bytes leave by: the same, or what TLS is spoken over. */
  readonly below: Socket;
}

/** Watches how fast the client of one connection takes what waits for it. */
export class Pace {
  /** When the time in which the client must take something began; undefined while nothing waits for it. */
  #since: number | undefined;
  #takenBefore = 0;

  /** Looks at the connection. Returns true when the client takes too little. */
  isTooSlow({ socket, below }: Paced, now: number, { slowReaderMs, minTakenBytes }: FrontLimits): boolean {
    if (socket.writableLength === 0) {
      this.#since = undefined;
      return false;
    }
    const taken = takenBytes(below);
    const isDue = this.#since !== undefined && now - this.#since >= slowReaderMs;
    if (isDue && taken - this.#takenBefore < minTakenBytes) return true;
    if (isDue || this.#since === undefined) {
      this.#since = now;
      this.#takenBefore = taken;
    }
    return false;
  }
}

/**
 * Counts the bytes that the operating system has taken for the client so far. Of a large write Node's streams tell only
 * when all of it was taken; the handle below them knows better, and Node's own socket time-out reads it, too.
 */
function takenBytes(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null };
  if (handle?.bytesWritten === undefined || handle.writeQueueSize === undefined) {
    return socket.bytesWritten - socket.writableLength;
  }
  return handle.bytesWritten - handle.writeQueueSize;
}
