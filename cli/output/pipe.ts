import type { Writable } from 'node:stream';

/** The reader of stdout has gone, as `head` does when it has seen enough. */
export class PipeClosed extends Error {
  override readonly name = 'PipeClosed';
}

/** Writes to a stream and waits until it has taken the text, so that a slow reader slows the writer down. */
export interface Pipe {
  /** @throws PipeClosed */
  write(text: string): Promise<void>;
}

/** Opens stdout for writing with back-pressure. */
export function openPipe(stream: Writable): Pipe {
  // Each write reports its own failure; the event would end the process.
  stream.on('error', () => undefined);
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (error === null || error === undefined) resolve();
          else reject(isBrokenPipe(error) ? new PipeClosed('stdout was closed', { cause: error }) : error);
        });
      }),
  };
}

function isBrokenPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}
