import type { RecordedEvent } from './eventStore.ts';

// Which events of our streams somebody else has put there: authenticStore.ts finds out, catalogue.ts does not decode them.

const forged = new WeakSet<RecordedEvent>();

/** Why a forged event can't be read: a phrase. */
export const FORGED = 'MetaMCP did not write it';

export function markForged(event: RecordedEvent): void {
  forged.add(event);
}

export function isForged(event: RecordedEvent): boolean {
  return forged.has(event);
}
