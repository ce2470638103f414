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
 * Finds what runs of a program and of all that it has started: what is in its session or group, has its marker in its
 * environment, holds one of its pipes as a standard stream, or descends from any of these. A process is lost that leaves the
 * session, clears its environment, closes its streams and outlives its parent, all before anybody looks.
 */
export function findProgramTree(
  root: ProgramRoot,
  table: readonly RunningProcess[],
  { environmentOf, standardStreamsOf }: ProcessTraces = SYSTEM,
): number[] {
  const marker = `${MARKER}=${root.mark}`;
  const isMarked = ({ pid }: RunningProcess): boolean =>
    environmentOf(pid)?.includes(marker) === true ||
    (root.pipes.length > 0 && standardStreamsOf(pid).some((stream) => root.pipes.includes(stream)));
  // Once nothing of the program is left, the system may give its number to another process.
  const isNumberTaken = table.some(({ pid, startedAt }) => pid === root.pid && startedAt !== root.startedAt);
  const isInSession = ({ pid, group, session }: RunningProcess): boolean =>
    !isNumberTaken && (pid === root.pid || group === root.pid || session === root.pid);

  const members = new Set(table.filter((each) => isInSession(each) || isMarked(each)).map(({ pid }) => pid));
  for (let size = -1; size !== members.size;) {
    size = members.size;
    for (const { pid, parent } of table) if (members.has(parent)) members.add(pid);
  }
  return [...members];
}
