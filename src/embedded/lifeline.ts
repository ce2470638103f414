import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { hasWriters, openReadingEnd } from './fifo.ts';

/**
 * Shows when every process of one generation of the server is gone. The keeper and, by inheritance, the postmaster and
 * all its children hold the FIFO's writing end: the kernel reports the end of file once the last of them has ended.
 */
export interface Lifeline {
  readonly over: boolean;
  readonly ended: Promise<void>;
  close(): void;
}

/** Opens the lifeline of the running generation; undefined when none runs. Does not keep this process alive. */
export function openLifeline(path: string): Lifeline | undefined {
  const fd = openReadingEnd(path);
  if (fd === undefined) return undefined;
  if (!hasWriters(fd)) {
    closeSync(fd);
    return undefined;
  }
  return watchLifeline(fd);
}

/** Watches an open reading end, which it then owns. */
export function watchLifeline(fd: number): Lifeline {
  let over = false;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const socket = new Socket({ fd, readable: true, writable: false });
  const end = (): void => {
    over = true;
    resolve(undefined);
  };
  socket.once('end', end).once('error', end).resume().unref();
  return {
    get over() {
      return over;
    },
    ended: promise,
    close: () => socket.destroy(),
  };
}
