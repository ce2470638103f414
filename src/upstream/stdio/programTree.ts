import { readEnvironment, readStandardStreams, type RunningProcess } from './processTable.ts';

/** The variable by which what a program starts is known as its own, also in another session. */
export const MARKER = 'METAMCP_STDIO_PROGRAM';

/** A program that the gateway has started, the leader of a session and a process group of its own. */
export interface ProgramRoot {
  readonly pid: number;
  /** As the process table has it. */
  readonly startedAt: number;
  /** The pipes that it got as its standard streams, as the system names them. Empty where the system does not tell. */
  readonly pipes: readonly string[];
  /** The value of its marker. It ends with a character that no other's contains. */
  readonly mark: string;
}

/** What the system tells of a process beside the process table; tests bring their own. */
export interface ProcessTraces {
  /** What it was started with. */
  readonly environmentOf: (pid: number) => Buffer | undefined;
  readonly standardStreamsOf: (pid: number) => readonly string[];
}

const SYSTEM: ProcessTraces = { environmentOf: readEnvironment, standardStreamsOf: readStandardStreams };

/**
 * What runs of a program and of all that it has started. A process belongs to it that is in its session or group, has its marker
 * in its environment, holds one of its pipes as a standard stream, descends from one that belongs to it, or did so when it was
 * looked for before. A process is lost that leaves the session, clears its environment, closes its streams and outlives its
 * parent, all between two looks.
 */
export class ProgramTree {
  readonly #root: ProgramRoot;
  readonly #traces: ProcessTraces;
  /** When those started that were found before, by process id. */
  #known = new Map<number, number>();

  constructor(root: ProgramRoot, traces: ProcessTraces = SYSTEM) {
    this.#root = root;
    this.#traces = traces;
  }

  /** Finds by the table alone, which is cheap, and remembers. */
  look(table: readonly RunningProcess[]): void {
    this.#collect(table, () => false);
  }

  /** Finds by all traces. @returns process ids */
  find(table: readonly RunningProcess[]): number[] {
    const { environmentOf, standardStreamsOf } = this.#traces;
    const { mark, pipes } = this.#root;
    const marker = `${MARKER}=${mark}`;
    return this.#collect(
      table,
      ({ pid }) =>
        environmentOf(pid)?.includes(marker) === true ||
        (pipes.length > 0 && standardStreamsOf(pid).some((stream) => pipes.includes(stream))),
    );
  }

  #collect(table: readonly RunningProcess[], isMarked: (process: RunningProcess) => boolean): number[] {
    const root = this.#root;
    // Once nothing of the program is left, the system may give its number to another process.
    const isNumberTaken = table.some(({ pid, startedAt }) => pid === root.pid && startedAt !== root.startedAt);
    const isInSession = ({ pid, group, session }: RunningProcess): boolean =>
      !isNumberTaken && (pid === root.pid || group === root.pid || session === root.pid);
    const isKnown = ({ pid, startedAt }: RunningProcess): boolean => this.#known.get(pid) === startedAt;

    const members = new Set(
      table.filter((each) => isInSession(each) || isKnown(each) || isMarked(each)).map(({ pid }) => pid),
    );
    for (let size = -1; size !== members.size;) {
      size = members.size;
      for (const { pid, parent } of table) if (members.has(parent)) members.add(pid);
    }
    this.#known = new Map(table.flatMap(({ pid, startedAt }) => (members.has(pid) ? [[pid, startedAt] as const] : [])));
    return [...members];
  }
}
