import type { RunOptions } from './inProcess.ts';
import type { World } from './matrixWorld.ts';

/** A command line, and what it needs around it. */
export interface Invocation extends RunOptions {
  readonly argv: readonly string[];
}

export interface Row {
  /** Makes what the command works on, anew for each run, and ends with exit code 0. */
  readonly done: (world: World) => Promise<Invocation> | Invocation;
  /** Ends with exit code 1 and this error; a sentence where nothing can refuse it. */
  readonly refused:
    { readonly run: (world: World) => Promise<Invocation> | Invocation; readonly code: string } | string;
  /** Ends with exit code 2, whatever the world is like. */
  readonly wrong: readonly string[];
  /** Ends with exit code 3 when there is no database; a sentence where none is needed. */
  readonly unreachable: readonly string[] | string;
  /** Ends with exit code 0 in an installation that holds nothing. */
  readonly empty?: readonly string[];
  /** Prints a table and nothing else, which fits any terminal. */
  readonly table?: true;
  /** Where in `done` the name of what it works on stands. */
  readonly subject?: { readonly at: number; readonly kind: 'key' | 'server' };
}

/** Of a command that only looks. */
export function looking(...argv: string[]): Row {
  return {
    done: async (world) => (await world.key(), await world.server(), { argv }),
    refused: 'It only looks, and finds what there is.',
    wrong: [...argv, '--no-such-option'],
    unreachable: argv,
    empty: argv,
  };
}
