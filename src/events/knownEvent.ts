import { apiKeyEvents, type ApiKeyEvent } from './apiKey.ts';
import { decode, UnreadableEvent, type Decoded } from './catalogue.ts';
import type { RecordedEvent } from './eventStore.ts';
import { keyRoleEvents, type KeyRoleEvent } from './keyRole.ts';
import { mcpCatalogueEvents, type McpCatalogueEvent } from './mcpCatalogue.ts';
import { mcpServerEvents, type McpServerEvent } from './mcpServer.ts';
import { isCatalogueStream, repairedStream, subjectOf } from './streamName.ts';
import { streamRepairEvents, type StreamRepairEvent } from './streamRepair.ts';

/** An event of any category of ours. */
export type KnownEvent =
  | Decoded<ApiKeyEvent>
  | Decoded<KeyRoleEvent>
  | Decoded<McpServerEvent>
  | Decoded<McpCatalogueEvent>
  | Decoded<StreamRepairEvent>;

/** Several readers look at the same event, and parsing it is most of what reading it costs. */
const decoded = new WeakMap<RecordedEvent, KnownEvent | UnreadableEvent | undefined>();

/**
 * Decodes an event by the category of its stream: one of another category's types is an unknown type.
 * @returns undefined for an unknown type, and for a stream that is none of ours
 * @throws UnreadableEvent
 */
export function decodeKnown(recorded: RecordedEvent): KnownEvent | undefined {
  const result = remember(recorded);
  if (result instanceof UnreadableEvent) throw result;
  return result;
}

/** Decodes an event, or explains in a phrase why it can't be read; undefined for an unknown type. */
export function decodeOrReason(recorded: RecordedEvent): KnownEvent | string | undefined {
  const result = remember(recorded);
  return result instanceof UnreadableEvent ? result.reason : result;
}

/** Decodes an event; undefined for an unknown type, and for one that can't be read. */
export function decodeReadable(recorded: RecordedEvent): KnownEvent | undefined {
  const result = remember(recorded);
  return result instanceof UnreadableEvent ? undefined : result;
}

/** Checks whether a stream that begins with this event is one of ours; every other one belongs to another program. */
export function beginsStream(recorded: RecordedEvent): boolean {
  if (recorded.revision !== 0) return false;
  // What another program puts there first has no meaning, and must not stand in the way of ours.
  if (repairedStream(recorded.stream) !== undefined) return subjectOf(recorded.stream) !== undefined;
  const event = decodeReadable(recorded);
  return event !== undefined && BEGINNINGS.has(event.type);
}

const BEGINNINGS: ReadonlySet<string> = new Set([
  'ApiKeyCreated',
  'KeyRoleCreated',
  'McpServerRegistered',
  'McpServerCatalogueChanged',
  // Tools may be approved before a gateway has seen any of them.
  'McpServerToolsApproved',
]);

function remember(recorded: RecordedEvent): KnownEvent | UnreadableEvent | undefined {
  if (decoded.has(recorded)) return decoded.get(recorded);
  const result = attempt(recorded);
  decoded.set(recorded, result);
  return result;
}

function attempt(recorded: RecordedEvent): KnownEvent | UnreadableEvent | undefined {
  try {
    const subject = subjectOf(recorded.stream);
    if (subject === undefined) return undefined;
    if (repairedStream(recorded.stream) !== undefined) return decode(streamRepairEvents, recorded);
    if (isCatalogueStream(recorded.stream)) return decode(mcpCatalogueEvents, recorded);
    if ('role' in subject) return decode(keyRoleEvents, recorded);
    return 'key' in subject ? decode(apiKeyEvents, recorded) : decode(mcpServerEvents, recorded);
  } catch (error) {
    if (error instanceof UnreadableEvent) return error;
    throw error;
  }
}
