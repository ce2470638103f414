import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hasProc, readProcStat } from '../../procStat.ts';

/** A process that runs; zombies are none. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** 0 where it is not known. */
  readonly startedAt: number;
}

/** Reads which processes run now: from /proc on Linux, elsewhere from ps(1). */
export function readProcessTable(): RunningProcess[] {
  return hasProc() ? fromProc() : fromPs();
}

/** Reads the environment that a process was started with; undefined where the system does not tell. */
export function readEnvironment(pid: number): Buffer | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/environ`);
  } catch {
    return undefined;
  }
}

/** Reads which files, pipes and sockets a process has as its standard streams, as Linux names them: `pipe:[1234]`. */
export function readStandardStreams(pid: number): string[] {
  return [0, 1, 2].flatMap((stream) => {
    try {
      return [readlinkSync(`/proc/${String(pid)}/fd/${String(stream)}`)];
    } catch {
      return [];
    }
  });
}

/** Reads when a process started; 0 where it is not known. */
export function readStart(pid: number): number {
  try {
    return hasProc() ? readProcStat(pid).startedAt : 0;
  } catch {
    return 0;
  }
}

function fromProc(): RunningProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const { state, ...process } = readProcStat(Number(name));
      return state === 'Z' || state === 'X' ? [] : [{ pid: Number(name), ...process }];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}

function fromPs(): RunningProcess[] {
  // macOS tells no session ids.
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent, group, state] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), session: 0, startedAt: 0 }];
  });
}
