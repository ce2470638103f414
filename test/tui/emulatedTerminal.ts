import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { openEmulator, type Emulator } from './emulator.ts';

/** As users start it. */
const LAUNCHER = fileURLToPath(new URL('../../bin/metamcp-cli.cjs', import.meta.url));

/** A person would have given up. */
const PATIENCE_MS = 60_000;

/** Why there can be no terminal here; undefined when there can. */
export const noEmulatedTerminal = lookForScript();

function lookForScript(): string | undefined {
  try {
    execFileSync('script', ['--version']);
    return undefined;
  } catch {
    return 'script (util-linux) is not installed';
  }
}

/** The CLI in a terminal whose every byte is seen. */
export interface EmulatedTerminal extends AsyncDisposable {
  readonly emulator: Emulator;
  /** All that was written since the start. */
  readonly written: string;
  /** Presses keys, as their bytes. */
  press(bytes: string): void;
  /** Waits until the screen fits. @throws Error with the screen when the process has ended, or after a minute */
  shows(what: RegExp | ((lines: readonly string[]) => boolean)): Promise<readonly string[]>;
  /** How often the main thread has gone to sleep by itself, and was woken up (proc(5), voluntary_ctxt_switches). */
  wakeUps(): Promise<number>;
}

export interface EmulatedTerminalOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly columns: number;
  readonly rows: number;
}

/** Starts the CLI in a terminal of `script` (util-linux), whose output comes unbuffered. */
export async function openEmulatedTerminal({ env, columns, rows }: EmulatedTerminalOptions): Promise<EmulatedTerminal> {
  const emulator = openEmulator(columns, rows);
  const command = `stty rows ${rows} cols ${columns}; exec "${process.execPath}" "${LAUNCHER}"`;
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...PROGRAM_ENVIRONMENT, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let written = '';
  let shown = Promise.resolve();
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    written += text;
    shown = emulator.write(text);
  });
  return {
    emulator,
    get written() {
      return written;
    },
    press: (bytes) => void child.stdin.write(bytes),
    async shows(what) {
      const fits = (lines: readonly string[]) =>
        typeof what === 'function' ? what(lines) : what.test(lines.join('\n'));
      const end = performance.now() + PATIENCE_MS;
      for (;;) {
        await shown;
        const lines = emulator.lines();
        if (fits(lines)) return lines;
        if (child.exitCode !== null || performance.now() > end)
          throw new Error(`the terminal does not show ${String(what)}:\n${lines.join('\n')}`);
        await Promise.race([once(child.stdout, 'data'), ended, delay(PATIENCE_MS, undefined, { ref: false })]);
      }
    },
    async wakeUps() {
      const [pid] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(' ');
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.write('\u0003');
      await ended;
    },
  };
}
