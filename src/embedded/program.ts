import { spawn } from 'node:child_process';
import { CHILD_ENVIRONMENT, type RunAs } from './runAs.ts';

export interface ProgramResult {
  readonly ok: boolean;
  /** stdout and stderr, as they came. */
  readonly output: string;
}

/** Runs a program to its end as the given user, in `/` and with the children's fixed environment. Never rejects. */
export function runProgram(file: string, args: readonly string[], runAs: RunAs, input = ''): Promise<ProgramResult> {
  const { uid, gid } = runAs;
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(file, args, {
      cwd: '/',
      env: CHILD_ENVIRONMENT,
      // A session of its own: Ctrl-C in a terminal must not interrupt it halfway.
      detached: true,
      ...(uid !== undefined && gid !== undefined ? { uid, gid } : {}),
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    // A program that ends before it reads its input breaks the pipe; its exit code shows why.
    child.stdin.on('error', () => undefined).end(input);
    child.once('error', (error) => {
      resolve({ ok: false, output: error.message });
    });
    child.once('close', (code) => {
      resolve({ ok: code === 0, output: output.trim() });
    });
  });
}
