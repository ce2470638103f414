import type { CallObserver } from './callEvent.ts';

/** Makes the one observer of calls, which hands each event to all who follow them, in this order. */
export function callObserver(observers: readonly (CallObserver | undefined)[]): CallObserver {
  const following = observers.filter((observer) => observer !== undefined);
  return (event) => {
    for (const observe of following) observe(event);
  };
}
