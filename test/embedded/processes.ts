import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readPostmasterPid } from '../../src/embedded/postmasterPid.ts';
import { statePaths } from '../../src/embedded/stateFolder.ts';

/** Lists the processes that serve a state folder: they name it in their command line or work in it. Zombies included. */
export function serversOf(stateFolder: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const serves = command.includes(stateFolder) || readlinkSync(`/proc/${name}/cwd`).startsWith(stateFolder);
        return serves && !command.includes('user.ts') ? [{ pid: Number(name), command }] : [];
      } catch {
        return [];
      }
    });
}

/** @throws when there is no postmaster */
export function postmasterOf(stateFolder: string): number {
  const recorded = readPostmasterPid(statePaths(stateFolder).data);
  if (recorded === undefined) throw new Error('no postmaster runs');
  return recorded.pid;
}

/** Tells whether another postmaster has followed that one. */
export function hasFollowed(stateFolder: string, former: number): boolean {
  const recorded = readPostmasterPid(statePaths(stateFolder).data);
  return recorded?.status === 'ready' && recorded.pid !== former;
}

export function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Finds the shell that reads the lease. */
export function leaseReaderOf(stateFolder: string): number {
  const keeper = parentOf(postmasterOf(stateFolder));
  const reader = serversOf(stateFolder).find(
    ({ pid, command }) => command.startsWith('/bin/sh') && parentOf(pid) === keeper,
  );
  if (reader === undefined) throw new Error('no reader of the lease');
  return reader.pid;
}
