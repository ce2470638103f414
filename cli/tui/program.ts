import type { Action } from './state/action.ts';
import type { Effect } from './state/effect.ts';
import { reduce } from './state/reduce.ts';
import type { State } from './state/state.ts';

/** The state as it stands, and the way to change it. */
export interface Program {
  readonly state: State;
  readonly dispatch: (action: Action) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

/** Runs the reducer: one action after the other, each followed by its effects. */
export function createProgram(
  initial: State,
  carryOut: (effect: Effect, dispatch: (action: Action) => void) => void,
): Program {
  let state = initial;
  const listeners = new Set<() => void>();
  function dispatch(action: Action): void {
    const [next, effects] = reduce(state, action);
    const isOther = next !== state;
    state = next;
    if (isOther) for (const listener of listeners) listener();
    for (const effect of effects) carryOut(effect, dispatch);
  }
  return {
    get state() {
      return state;
    },
    dispatch,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
