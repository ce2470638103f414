import type { Invalidations, InvalidationListener, LapseListener } from '../../src/live/invalidations.ts';
import type { Invalidation } from '../../src/projections/tables/invalidation.ts';

/** Invalidations worked by hand: they arrive, and are trusted, when the test decides it. */
export function createInvalidationsByHand() {
  const listeners = new Set<InvalidationListener>();
  const lapseListeners = new Set<LapseListener>();
  const state = { trusted: true };
  const invalidations: Pick<Invalidations, 'trusted' | 'onInvalidation' | 'onLapse'> = {
    get trusted() {
      return state.trusted;
    },
    onInvalidation(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onLapse(listener) {
      lapseListeners.add(listener);
      return () => lapseListeners.delete(listener);
    },
  };
  return {
    invalidations,
    state,
    notify: async (invalidation: Invalidation) => {
      await Promise.all([...listeners].map(async (listener) => listener(invalidation)));
    },
    lapse: (first: boolean) => {
      for (const listener of lapseListeners) listener({ first });
    },
  };
}
