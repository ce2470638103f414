import { expect } from 'vitest';
import { openInProcessCli, type Document } from '../cli/inProcess.ts';
import type { ReadersShell } from './readersShell.ts';

type Env = Readonly<Record<string, string>>;

export interface Refusal {
  readonly exit: number;
  readonly code: string;
  readonly message: string;
}

/**
 * Commands on a reader's installation beside those of a document. They run in this process, since one process each would take
 * minutes. An `env` is over the shell's own.
 */
export interface ReadersCli extends AsyncDisposable {
  /** Runs a command that must succeed. */
  run(command: string, env?: Env): Promise<Document>;
  /** Runs one that must not. */
  refusal(command: string, env?: Env): Promise<Refusal>;
  /** What the audit finds wrong; undefined: nothing. */
  verdict(env?: Env): Promise<{ readonly stream: string; readonly kind: string } | undefined>;
}

/** Opens the CLI with a shell's settings, as they are at each command. */
export async function openReadersCli(shell: ReadersShell): Promise<ReadersCli> {
  const cli = await openInProcessCli(shell.env['DATABASE_URL']!);
  const json = (command: string, env: Env) => cli.json(command.split(' '), { env: { ...shell.env, ...env } });
  return {
    async run(command, env = {}) {
      const { code, document } = await json(command, env);
      expect([command, code, document.error]).toEqual([command, 0, undefined]);
      return document;
    },
    async refusal(command, env = {}) {
      const { code, document } = await json(command, env);
      expect([command, code]).not.toEqual([command, 0]);
      return { exit: code, ...document.error };
    },
    async verdict(env = {}) {
      const { code, document } = await json('audit verify', env);
      const { fault } = document as Document & { fault?: { stream: string; kind: string } };
      expect(code).toBe(fault === undefined ? 0 : 1);
      return fault;
    },
    [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose](),
  };
}
