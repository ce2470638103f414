import type { ChangeFeed, ChangeListener, LapseListener } from '../../src/live/changeFeed.ts';
import type { Change } from '../../src/projections/running/changedSubjects.ts';

/** A change feed that is trusted, and tells, when the test says so. */
export function createFeedByHand() {
  const listeners = new Set<ChangeListener>();
  const lapseListeners = new Set<LapseListener>();
  const state = { trusted: true };
  const feed: Pick<ChangeFeed, 'trusted' | 'onChange' | 'onLapse'> = {
    get trusted() {
      return state.trusted;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onLapse(listener) {
      lapseListeners.add(listener);
      return () => lapseListeners.delete(listener);
    },
  };
  return {
    feed,
    state,
    tell: async (change: Change) => {
      await Promise.all([...listeners].map(async (listener) => listener(change)));
    },
    lapse: (first: boolean) => {
      for (const listener of lapseListeners) listener({ first });
    },
  };
}
