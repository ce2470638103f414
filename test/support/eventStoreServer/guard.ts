import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Ends what a test process leaves behind, however it ends: also a kill -9 closes its pipes. */
export interface Guard extends AsyncDisposable {
  /** The process to kill when the test process is gone; undefined for none. */
  watch(pid: number | undefined): void;
}

/** A shell that reads the present pid from its standard input; at its end it kills that process and removes the folder. */
const SCRIPT = 'while read -r line; do pid=$line; done; [ -z "$pid" ] || kill -9 "$pid"; rm -rf -- "$0"';

/** @param folder Removed at the end. */
export function openGuard(folder: string): Guard {
  // In a session of its own, so that a Ctrl-C does not reach it before it has done its work.
  const child = spawn('/bin/sh', ['-c', SCRIPT, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const exited = once(child, 'exit');
  child.stdin.on('error', () => undefined);
  return {
    watch: (pid) => void child.stdin.write(`${pid ?? ''}\n`),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
