import type { ProcessState } from './processState.ts';
import type { PooledProcess } from './pooledProcess.ts';
import type { StderrLine } from './stderrLog.ts';

/** A further state of one of a server's processes. */
export type ProcessChange = ProcessState & Pick<PooledProcess, 'sharedBy'>;

export interface JournalListeners {
  readonly onState?: (server: string, change: ProcessChange) => void;
  readonly onLine?: (server: string, line: StderrLine) => void;
}

/** What the processes of servers have printed for people, the last lines of each server, also of those that have ended. */
export class ServerJournal {
  readonly #keptLines: number;
  readonly #listeners: JournalListeners;
  readonly #lines = new Map<string, StderrLine[]>();

  constructor(keptLines: number, listeners: JournalListeners) {
    this.#keptLines = keptLines;
    this.#listeners = listeners;
  }

  /** The lines that are kept, oldest first. */
  linesOf(server: string): readonly StderrLine[] {
    return this.#lines.get(server) ?? [];
  }

  line(server: string, line: StderrLine): void {
    const lines = this.#lines.get(server) ?? [];
    lines.push(line);
    if (lines.length > this.#keptLines) lines.shift();
    this.#lines.set(server, lines);
    this.#listeners.onLine?.(server, line);
  }

  state(server: string, change: ProcessChange): void {
    this.#listeners.onState?.(server, change);
  }

  forget(server: string): void {
    this.#lines.delete(server);
  }
}
