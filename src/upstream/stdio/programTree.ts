import { readEnvironment, type RunningProcess } from './processTable.ts';

/** The variable by which what a program starts is known as its own, also in another session. */
export const MARKER = 'METAMCP_STDIO_PROGRAM';

/** A program that the gateway has started, the leader of a session and a process group of its own. */
export interface ProgramRoot {
  readonly pid: number;
  /** As the process table has it; undefined: it had ended before anybody looked. */
  readonly startedAt: number | undefined;
  /** The value of its marker. It ends with a character that no other's contains. */
  readonly mark: string;
}

/**
 * Finds what runs of a program and of all that it has started: what is in its session or group, what has its marker in its
 * environment, and what descends from any of these. A process that leaves the session, clears its environment and loses its
 * parent is nobody's.
 * @param environmentOf what the process was started with
 */
export function findProgramTree(
  root: ProgramRoot,
  table: readonly RunningProcess[],
  environmentOf: (pid: number) => Buffer | undefined = readEnvironment,
): number[] {
  const marker = `${MARKER}=${root.mark}`;
  const isMarked = ({ pid }: RunningProcess): boolean => environmentOf(pid)?.includes(marker) === true;
  // Once nothing of the program is left, the system may give its number to somebody else.
  const holder = table.find(({ pid }) => pid === root.pid);
  const isNumberTaken = holder !== undefined && holder.startedAt !== root.startedAt && !isMarked(holder);
  const isInSession = ({ pid, group, session }: RunningProcess): boolean =>
    !isNumberTaken && (pid === root.pid || group === root.pid || session === root.pid);

  const members = new Set(table.filter((each) => isInSession(each) || isMarked(each)).map(({ pid }) => pid));
  for (let size = -1; size !== members.size;) {
    size = members.size;
    for (const { pid, parent } of table) if (members.has(parent)) members.add(pid);
  }
  return [...members];
}
