import type { Settings } from '../../../src/settings/settings.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { Action } from '../state/action.ts';
import type { Effect } from '../state/effect.ts';

/** What effects work with. */
export interface Tools {
  readonly stores: Stores;
  readonly config: Settings;
  /** Writes to the terminal, past Ink. */
  readonly write: (text: string) => void;
  /** Ends the TUI. */
  readonly leave: (end: Extract<Effect, { effect: 'leave' }>) => void;
}

export type Dispatch = (action: Action) => void;
