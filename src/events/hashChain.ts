import { createHmac, type KeyObject } from 'node:crypto';
import { canonicalJson } from './canonicalJson.ts';
import type { JsonObject, NewEvent, RecordedEvent } from './eventStore.ts';

/** The `prev` of a stream's first event. */
export const NO_PREVIOUS_HASH = '';

/** An event as it is hashed: its place and its contents, all but its own hash. */
export interface HashedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly id: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/**
 * Computes an event's hash: HMAC-SHA-256, base64url, over the RFC 8785 canonical JSON of stream, revision, type, id, data
 * and metadata without `hash`. It covers ciphertext, so a shredded history still verifies. docs/architecture.md, Tamper evidence.
 * @param chainKey for many events a KeyObject: Node 24 takes 12 µs to look at a Buffer
 */
export function hashOf(chainKey: Buffer | KeyObject, event: HashedEvent): string {
  const { stream, revision, type, id, data, metadata } = event;
  const { hash: _hash, ...hashedMetadata } = metadata;
  const text = canonicalJson({ stream, revision, type, id, data, metadata: hashedMetadata });
  return createHmac('sha256', chainKey).update(text, 'utf8').digest('base64url');
}

/** Checks whether MetaMCP wrote this event, in this stream, at this revision. */
export function isGenuine(chainKey: KeyObject, recorded: RecordedEvent): boolean {
  try {
    return hashOf(chainKey, recorded) === recorded.metadata['hash'];
  } catch {
    // No canonical form, or nested too deep to have one: encodeEvents.ts never let that through.
    return false;
  }
}

/** Links events onto the end of a stream: gives each its `prev` and `hash`. */
export function chain(
  chainKey: Buffer,
  stream: string,
  head: { readonly revision: number; readonly hash: string } | undefined,
  events: readonly NewEvent[],
): NewEvent[] {
  let prev = head?.hash ?? NO_PREVIOUS_HASH;
  let revision = head?.revision ?? -1;
  return events.map((event) => {
    revision += 1;
    const linked = { ...event, metadata: { ...event.metadata, prev } };
    prev = hashOf(chainKey, { ...linked, stream, revision });
    return { ...linked, metadata: { ...linked.metadata, hash: prev } };
  });
}
