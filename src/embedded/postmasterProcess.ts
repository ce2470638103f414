import { spawnSync } from 'node:child_process';
import { existsSync, readlinkSync, realpathSync } from 'node:fs';
import { throwIfExhausted } from '../errors/systemError.ts';
import { hasProc, readProcStat } from '../procStat.ts';
import { CHILD_ENVIRONMENT } from './runAs.ts';

/**
 * What became of a process id: `running` is the postmaster of this data folder; `gone` is free; `other` is a zombie
 * or another program that got the number since. A signal 0 does not distinguish these.
 */
export type ProcessState = 'running' | 'gone' | 'other';

/** Looks a postmaster's process id up, through /proc where there is one, else through ps(1). */
export function postmasterState(pid: number, dataFolder: string): ProcessState {
  return hasProc() ? stateFromProc(pid, dataFolder) : stateFromPs(pid, dataFolder);
}

function stateFromProc(pid: number, dataFolder: string): ProcessState {
  try {
    const { state } = readProcStat(pid);
    if (state === 'Z' || state === 'X') return 'other';
    return readlinkSync(`/proc/${String(pid)}/cwd`) === realpathSync(dataFolder) ? 'running' : 'other';
  } catch (error) {
    throwIfExhausted(error);
    return existsSync(`/proc/${String(pid)}`) ? 'other' : 'gone';
  }
}

function stateFromPs(pid: number, dataFolder: string): ProcessState {
  const ps = spawnSync('ps', ['-o', 'stat=,command=', '-p', String(pid)], { env: CHILD_ENVIRONMENT, encoding: 'utf8' });
  throwIfExhausted(ps.error);
  if (ps.status !== 0) return 'gone';
  return !ps.stdout.trimStart().startsWith('Z') && ps.stdout.includes(dataFolder) ? 'running' : 'other';
}
