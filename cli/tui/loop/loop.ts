import type { Action, Dispatch, Effect, State } from '../frame/model.ts';
import { reduce } from '../frame/reduce.ts';

/** The state as it stands, and the way to change it. */
export interface Loop {
  readonly state: State;
  readonly dispatch: Dispatch;
  readonly subscribe: (listener: () => void) => () => void;
}

/** Runs the reducer: one action after the other, each followed by its effects. */
export function createLoop(initial: State, perform: (effect: Effect, dispatch: Dispatch) => void): Loop {
  let state = initial;
  const listeners = new Set<() => void>();
  function dispatch(action: Action): void {
    const [next, effects] = reduce(state, action);
    const isOther = next !== state;
    state = next;
    if (isOther) for (const listener of listeners) listener();
    for (const effect of effects) perform(effect, dispatch);
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
