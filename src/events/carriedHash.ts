import type { RecordedEvent } from './eventStore.ts';
import { isStorable } from './storable.ts';

/** Twice what a hash of ours takes. */
const MAX_HASH_LENGTH = 86;

/**
 * Reads the hash that an event carries; empty for one that carries none, or what no table and no event after it could
 * hold: any program with access to the event store can write anything there.
 */
export function carriedHash({ metadata: { hash } }: Pick<RecordedEvent, 'metadata'>): string {
  return typeof hash === 'string' && hash.length <= MAX_HASH_LENGTH && isStorable(hash) ? hash : '';
}
