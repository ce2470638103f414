import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
/** A person would have given up. */
const PATIENCE_MS = 60_000;

/** Why there can be no terminal here; undefined when there can. */
export const noTerminal = lookForTmux();

function lookForTmux(): string | undefined {
  try {
    execFileSync('tmux', ['-V']);
    return undefined;
  } catch {
    return 'tmux is not installed';
  }
}

/** The CLI in a real terminal, under a shell that says how it ended. */
export interface Terminal extends AsyncDisposable {
  /** Presses keys, in tmux's names: `Enter`, `C-c`, `Escape`. */
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Pastes a text as terminals do: in brackets (xterm, DECSET 2004), line ends as CR. */
  paste(text: string): Promise<void>;
  screen(): Promise<string>;
  /** The screen with its colours, as escape sequences. */
  painted(): Promise<string>;
  /** What has been scrolled off the screen, and the screen. */
  history(): Promise<string>;
  /** Waits until the screen shows a text, or fits. @throws Error with the screen */
  shows(what: string | RegExp | ((screen: string) => boolean)): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** Answers one of tmux's variables about the pane, as `alternate_on`. */
  ask(variable: string): Promise<string>;
  /** What the user has copied with OSC 52. */
  clipboard(): Promise<string>;
  /** The CLI's process. */
  pid(): Promise<number>;
}

export interface TerminalOptions {
  readonly env: Readonly<Record<string, string>>;
  /** What follows the name of the CLI. (Default: nothing) */
  readonly args?: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
}

/** Opens a terminal of its own and runs the CLI in it. */
export async function openTerminal({ env, args = [], columns = 80, rows = 24 }: TerminalOptions): Promise<Terminal> {
  const socket = `metamcp-${randomBytes(6).toString('hex')}`;
  const tmux = async (...args: readonly string[]) =>
    (
      await run('tmux', ['-L', socket, '-f', '/dev/null', ...args], {
        env: { ...process.env, ...PROGRAM_ENVIRONMENT, ...env },
      })
    ).stdout;
  // The shell stays, so that the terminal can be looked at when the CLI has ended.
  const pidFile = join(tmpdir(), `${socket}.pid`);
  const start = `sh -c 'echo $$ > "$0"; exec "$@"' ${quote(pidFile)} ${[process.execPath, MAIN, ...args].map(quote).join(' ')}`;
  const command = `before=$(stty -g); ${start}; code=$?; after=$(stty -g)
    [ "$before" = "$after" ] && sane=sane || sane=broken
    echo "ended $code, terminal $sane"; exec cat`;
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), 'sh', '-c', command);
  await tmux('set-option', '-g', 'set-clipboard', 'on');
  const screen = () => tmux('capture-pane', '-p');

  return {
    async press(...keys) {
      // One by one, as they are pressed, but by one process.
      await tmux(...keys.flatMap((key, at) => [...(at === 0 ? [] : [';']), 'send-keys', key]));
    },
    async type(text) {
      await tmux('send-keys', '-l', text);
    },
    async paste(text) {
      await tmux('set-buffer', '-b', 'pasted', '--', text);
      await tmux('paste-buffer', '-p', '-d', '-b', 'pasted');
    },
    screen,
    painted: () => tmux('capture-pane', '-p', '-e', '-N'),
    history: () => tmux('capture-pane', '-p', '-S', '-'),
    async shows(what) {
      const fits =
        typeof what === 'function'
          ? what
          : (text: string) => (typeof what === 'string' ? text.includes(what) : what.test(text));
      const end = Date.now() + PATIENCE_MS;
      let pause = 30;
      let text = await screen();
      while (!fits(text)) {
        if (Date.now() > end) throw new Error(`the terminal does not show ${String(what)}:\n${text}`);
        await delay(pause);
        // To look takes a process: what takes long is looked for less often.
        pause = Math.min(200, pause * 1.5);
        text = await screen();
      }
      return text;
    },
    async resize(width, height) {
      await tmux('resize-window', '-x', String(width), '-y', String(height));
    },
    ask: async (variable) => (await tmux('display-message', '-p', `#{${variable}}`)).trim(),
    clipboard: () => tmux('show-buffer'),
    pid: async () => Number(await readFile(pidFile, 'utf8')),
    async [Symbol.asyncDispose]() {
      await tmux('kill-server').catch(() => undefined);
      await rm(pidFile, { force: true });
    },
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
