import type { Socket } from 'node:net';
import type { FrontLimits } from './limits.ts';

/** What the pace of a client is measured at. */
export interface Paced {
  /** What waits for the client. */
  readonly unsentBytes: number;
  /** What was taken for the client so far. */
  readonly takenBytes: number;
}

/** Watches how fast a client takes what waits for it. */
export class Pace {
  /** When the time in which the client must take something began; undefined while nothing waits for it. */
  #since: number | undefined;
  #takenBefore = 0;

  /** Looks at the connection, or the stream. Returns true when the client takes too little. */
  isTooSlow(paced: Paced, now: number, { slowReaderMs, minTakenBytes }: FrontLimits): boolean {
    if (paced.unsentBytes === 0) {
      this.#since = undefined;
      return false;
    }
    const taken = paced.takenBytes;
    const isDue = this.#since !== undefined && now - this.#since >= slowReaderMs;
    if (isDue && taken - this.#takenBefore < minTakenBytes) return true;
    if (isDue || this.#since === undefined) {
      this.#since = now;
      this.#takenBefore = taken;
    }
    return false;
  }
}

/** The pace of a connection. @param socket what answers are written to @param below what leaves their bytes: the same, or what TLS is spoken over */
export function socketPace(socket: Socket, below: Socket): Paced {
  return {
    get unsentBytes() {
      return socket.writableLength;
    },
    get takenBytes() {
      return takenBytes(below);
    },
  };
}

/** The pace of a connection whose bytes do not go through Node's streams: what it has not taken, only its handle knows. */
export function handlePace(below: Socket): Paced {
  return {
    get unsentBytes() {
      return handleOf(below)?.writeQueueSize ?? 0;
    },
    get takenBytes() {
      return takenBytes(below);
    },
  };
}

interface Handle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

function handleOf(socket: Socket): Handle | undefined {
  return (socket as { _handle?: Handle | null })._handle ?? undefined;
}

/**
 * Counts the bytes that the operating system has taken for the client so far. Of a large write Node's streams tell only
 * when all of it was taken; the handle below them knows better, and Node's own socket time-out reads it, too.
 */
function takenBytes(socket: Socket): number {
  const handle = handleOf(socket);
  if (handle?.bytesWritten === undefined || handle.writeQueueSize === undefined) {
    return socket.bytesWritten - socket.writableLength;
  }
  return handle.bytesWritten - handle.writeQueueSize;
}
