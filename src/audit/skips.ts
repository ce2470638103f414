import type { KeyObject } from 'node:crypto';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { decodeReadable } from '../events/knownEvent.ts';
import { streamRepairStream } from '../events/streamRepair.ts';
import { isGenuine } from '../events/hashChain.ts';

/**
 * Checks whether an operator has skipped exactly this event. The repair's own place in its chain is checked where it
 * stands. @throws Unavailable
 */
export async function isSkipped(events: EventStore, chainKey: KeyObject, recorded: RecordedEvent): Promise<boolean> {
  const { stream, revision, id } = recorded;
  for await (const repair of events.readStream(streamRepairStream(stream))) {
    if (!isGenuine(chainKey, repair)) continue;
    const event = decodeReadable(repair);
    if (event?.type === 'EventSkipped' && event.data.revision === revision && event.data.eventId === id) return true;
  }
  return false;
}
