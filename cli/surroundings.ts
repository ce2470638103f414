import type { Readable, Writable } from 'node:stream';
import type { Stores, StoresOptions } from '../src/stores/stores.ts';

/** A stream that may be a terminal. */
export interface TerminalStream extends Writable {
  readonly isTTY?: boolean | undefined;
  /** Of a terminal. */
  readonly columns?: number | undefined;
}

/** What a CLI process gets from outside. */
export interface Surroundings {
  /** What follows the name of the CLI. */
  readonly argv: readonly string[];
  readonly stdin: Readable;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** How the user has started the CLI, for messages. (Default: metamcp-cli) */
  readonly programName?: string | undefined;
  /** The words with which another program starts it. (Default: metamcp-cli) */
  readonly programWords?: readonly string[] | undefined;
  /** Opens what commands work on. (Default: what the settings lead to) */
  readonly openStores?: ((options: StoresOptions) => Promise<Stores>) | undefined;
}

/** Whether a person types on a terminal, and sees the answer there. */
export function isTerminal({ stdin, stdout }: Surroundings): boolean {
  return stdout.isTTY === true && 'isTTY' in stdin && stdin.isTTY === true;
}
