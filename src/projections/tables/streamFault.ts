import { z } from 'zod';

/** Why a key or server must not be used, whatever the status in its own row: migrations/0007, stream_fault. */
export const streamFaultSchema = z.enum(['hidden', 'removed', 'unreadable', 'retired', 'withheld']);
export type StreamFault = z.infer<typeof streamFaultSchema>;

/** Each as a phrase for people. */
export const FAULT_MEANS: Readonly<Record<StreamFault, string>> = {
  hidden: 'the event store hides its history',
  removed: 'its history was deleted in the event store',
  unreadable: 'an event of its history can’t be read',
  retired: 'an operator made it invalid while its history could not be read',
  withheld: 'revoked; the change is not applied yet',
};
