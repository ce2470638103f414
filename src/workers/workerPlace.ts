import { join } from 'node:path';

/** What a worker is, among those of its supervisor. */
export interface WorkerPlace {
  /** From 1 on. */
  readonly number: number;
  readonly count: number;
  /** A UUID of this process: the one that takes its place has another. */
  readonly id: string;
  /** Names all workers of one supervisor, so that a session’s id tells whether it is of the same machine. */
  readonly group: string;
  /** Has the sockets by which workers reach one another; only their user may enter it. */
  readonly folder: string;
}

/** The socket by which the other workers reach one. */
export function doorOf(folder: string, id: string): string {
  // A socket’s path has 107 bytes at most (unix(7)).
  return join(folder, id.slice(0, 8));
}
