import type { RecordedEvent } from './eventStore.ts';

// Which events of our streams other programs have put there: authenticStore.ts finds out, catalogue.ts does not decode them.

const forged = new WeakSet<RecordedEvent>();

/** Why a forged event can't be read: a phrase. */
export const FORGED = 'MetaMCP did not write it';

export function markForged(event: RecordedEvent): void {
  forged.add(event);
}

export function isForged(event: RecordedEvent): boolean {
  return forged.has(event);
}
