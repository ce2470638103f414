import { existsSync, readFileSync } from 'node:fs';

/** What the kernel tells of a process (proc_pid_stat(5)). */
export interface ProcStat {
  /** Z: a zombie; X: dead. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** When it started, in the kernel's ticks: with the process id, it names one process for as long as the system runs. */
  readonly startedAt: number;
}

/** Tells whether the system has Linux's /proc. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

/** Reads a process from /proc. @throws the system's error: ENOENT or ESRCH when there is no such process */
export function readProcStat(pid: number): ProcStat {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The program's name, in parentheses before the state, may hold any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startedAt: Number(fields[19]),
  };
}
