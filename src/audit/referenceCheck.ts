import { apiKeyStream } from '../events/apiKey.ts';
import type { KnownEvent } from '../events/knownEvent.ts';
import type { Fault } from './fault.ts';
import type { StreamTable } from './streamTable.ts';

const KEY_ACTOR = /^key:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Finds a key that an event names and that has no history before it: its stream was removed, and the tables with it. A
 * successor is created before its predecessor is marked rotated, and a key before it is used.
 */
export function checkReferences(event: KnownEvent, streams: StreamTable): Fault | undefined {
  for (const id of referencesOf(event)) {
    const stream = apiKeyStream(id);
    if (streams.find(stream) !== undefined) continue;
    const meaning = `The key has no history, but ${event.stream}@${event.revision} (${event.type}) names it: its stream was removed.`;
    return { kind: 'removed', stream, revision: 0, meaning };
  }
  return undefined;
}

function referencesOf({ type, data, metadata }: KnownEvent): string[] {
  const actor = KEY_ACTOR.exec(metadata.actor)?.[1];
  const named = type === 'ApiKeyRotated' ? data.successorId : type === 'ApiKeyCreated' ? data.rotatedFrom : undefined;
  return [actor, named].filter((id) => id !== undefined);
}
