import type { Effect } from './effect.ts';
import type { State } from './state.ts';

/** A new state, and what is to be done. */
export type Step = readonly [State, readonly Effect[]];
