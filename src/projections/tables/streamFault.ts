import { wordIn } from '../../storedJson.ts';

/** Why a key or server must not be used, whatever the status in its own row: migrations/0007, stream_fault. */
export const STREAM_FAULTS = ['hidden', 'removed', 'unreadable', 'retired', 'withheld'] as const;
export type StreamFault = (typeof STREAM_FAULTS)[number];

/** Each as a phrase for people. */
export const FAULT_MEANS: Readonly<Record<StreamFault, string>> = {
  hidden: 'the event store hides its history',
  removed: 'its history was deleted in the event store',
  unreadable: 'an event of its history can’t be read',
  retired: 'an operator made it invalid while its history could not be read',
  withheld: 'revoked; the change is not applied yet',
};

/** Reads what stream_fault gives. */
export function faultFrom(stored: string | null): StreamFault | null {
  return stored === null ? null : wordIn(STREAM_FAULTS, stored);
}
