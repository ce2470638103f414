import type { Clock } from '../../clock.ts';
import { LineRate } from './lineRate.ts';
import type { PooledProcess } from './pooledProcess.ts';
import type { ProcessState } from './processState.ts';
import type { StderrLine } from './stderrLog.ts';
import type { StderrSettings } from './stdioSettings.ts';

/** A further state of one of a server's processes. */
export type ProcessChange = ProcessState & Pick<PooledProcess, 'sharedBy'>;

/** A line of one of a server's processes. */
export interface JournalLine extends StderrLine {
  /** Numbers the lines of a server in this gateway. */
  readonly number: number;
}

export interface JournalListeners {
  readonly onState?: (server: string, change: ProcessChange) => void;
  /** Gets so many lines as the rate of logs allows. @param omitted lines before it that came too fast */
  readonly onLine?: (server: string, line: JournalLine, omitted: number) => void;
}

interface Journal {
  readonly lines: JournalLine[];
  readonly rate: LineRate;
  count: number;
}

/** What the processes of servers have printed for people, the last lines of each server, also of those that have ended. */
export class ServerJournal {
  readonly #settings: StderrSettings;
  readonly #clock: Clock;
  readonly #listeners: JournalListeners;
  readonly #journals = new Map<string, Journal>();

  constructor(settings: StderrSettings, clock: Clock, listeners: JournalListeners) {
    this.#settings = settings;
    this.#clock = clock;
    this.#listeners = listeners;
  }

  /** The lines that are kept, oldest first. */
  linesOf(server: string): readonly JournalLine[] {
    return this.#journals.get(server)?.lines ?? [];
  }

  line(server: string, { at, text }: StderrLine): void {
    const journal = this.#journals.get(server) ?? {
      lines: [],
      rate: new LineRate(this.#settings, this.#clock),
      count: 0,
    };
    this.#journals.set(server, journal);
    const line = { at, text, number: ++journal.count };
    journal.lines.push(line);
    if (journal.lines.length > this.#settings.keptLines) journal.lines.shift();
    const omitted = journal.rate.admit();
    if (omitted !== undefined) this.#listeners.onLine?.(server, line, omitted);
  }

  state(server: string, change: ProcessChange): void {
    this.#listeners.onState?.(server, change);
  }

  forget(server: string): void {
    this.#journals.delete(server);
  }
}
