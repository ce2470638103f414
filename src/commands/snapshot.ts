import { createHmac } from 'node:crypto';
import { canonicalJson } from '../events/canonicalJson.ts';
import type { Json } from '../events/eventStore.ts';

/** The state of a stream as of one of its events, so that a command need not read the stream from the start. */
export interface Snapshot {
  /** Of the last event in the state, and that event's hash: it counts only where exactly this event stands. */
  readonly revision: number;
  readonly hash: string;
  /** The decider's `stateVersion`. */
  readonly version: number;
  readonly state: Json;
  /** HMAC-SHA-256, base64url, under the key of the hash chain: nobody else can have made it, or made it of another stream. */
  readonly mac: string;
}

/** Makes a snapshot. */
export function takeSnapshot(chainKey: Buffer, stream: string, taken: Omit<Snapshot, 'mac'>): Snapshot {
  return { ...taken, mac: macOf(chainKey, stream, taken) };
}

/** Says whether we have made this snapshot of this stream. */
export function isOurs(chainKey: Buffer, stream: string, snapshot: Snapshot): boolean {
  return snapshot.mac === macOf(chainKey, stream, snapshot);
}

function macOf(chainKey: Buffer, snapshotOf: string, { revision, hash, version, state }: Omit<Snapshot, 'mac'>) {
  const text = canonicalJson({ snapshotOf, revision, hash, version, state });
  return createHmac('sha256', chainKey).update(text, 'utf8').digest('base64url');
}
