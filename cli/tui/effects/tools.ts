import type { Config } from '../../../src/config.ts';
import type { Stores } from '../../../src/stores.ts';
import type { Action } from '../state/action.ts';

/** What effects work with. */
export interface Tools {
  readonly stores: Stores;
  readonly config: Config;
  /** Writes to the terminal, past Ink. */
  readonly write: (text: string) => void;
  /** Ends the TUI; the lines are said in the shell afterwards. */
  readonly leave: (code: number, farewell: readonly string[]) => void;
}

export type Dispatch = (action: Action) => void;
