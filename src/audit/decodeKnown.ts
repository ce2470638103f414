import { apiKeyEvents, type ApiKeyEvent } from '../events/apiKey.ts';
import { decode, type Decoded } from '../events/catalogue.ts';
import type { RecordedEvent } from '../events/eventStore.ts';
import { mcpServerEvents, type McpServerEvent } from '../events/mcpServer.ts';

export type KnownEvent = Decoded<ApiKeyEvent> | Decoded<McpServerEvent>;

/** Decodes an event of a key or a server. @returns undefined for an unknown type @throws UnreadableEvent */
export function decodeKnown(recorded: RecordedEvent): KnownEvent | undefined {
  return decode(apiKeyEvents, recorded) ?? decode(mcpServerEvents, recorded);
}
