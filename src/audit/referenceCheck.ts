import type { KnownEvent } from '../events/knownEvent.ts';
import { repairedStream, apiKeyStream } from '../events/streamName.ts';
import type { Fault } from './fault.ts';
import type { StreamTable } from './streamTable.ts';

const KEY_ACTOR = /^key:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * Finds keys that events name and that have no history before them: their streams were removed, and the tables with them. A
 * successor is created before its predecessor is marked rotated, and a key before it is used.
 */
export interface ReferenceCheck {
  /** Looks at an event that is genuine. */
  see(event: KnownEvent): void;
  /** @returns the first fault: a loss that an operator has accepted since is none */
  end(): Fault | undefined;
}

/** Makes the check. Memory holds the keys without a history. */
export function createReferenceCheck(streams: StreamTable): ReferenceCheck {
  const missing = new Map<string, Fault>();
  return {
    see(event) {
      if (event.type === 'LossAccepted') missing.delete(repairedStream(event.stream) ?? '');
      for (const id of referencesOf(event)) {
        const stream = apiKeyStream(id);
        if (missing.has(stream) || streams.find(stream) !== undefined) continue;
        const meaning = `The key has no history, but ${event.stream}@${event.revision} (${event.type}) names it: its stream was removed.`;
        missing.set(stream, { kind: 'removed', stream, revision: 0, meaning });
      }
    },
    end: () => missing.values().next().value,
  };
}

function referencesOf({ type, data, metadata }: KnownEvent): string[] {
  const actor = KEY_ACTOR.exec(metadata.actor)?.[1];
  const named = type === 'ApiKeyRotated' ? data.successorId : type === 'ApiKeyCreated' ? data.rotatedFrom : undefined;
  return [actor, named].filter((id) => id !== undefined);
}
