import { isoTime } from '../../src/clock.ts';
import type { ApiKeyEvent } from '../../src/events/apiKey.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { EventStore, JsonObject, NewEvent } from '../../src/events/eventStore.ts';
import { mcpCatalogueStream, type McpCatalogueEvent } from '../../src/events/mcpCatalogue.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  mcpServerStream,
  type McpServerEvent,
  type ServerSettings,
} from '../../src/events/mcpServer.ts';
import { uuidV7 } from '../../src/ids.ts';

/** The time of every history's first event: 2026-01-02. */
export const START = Date.UTC(2026, 0, 2);

/** An event to append, made at `START` plus so many milliseconds. */
export function newEvent(event: { type: string; data: object }, afterMs = 0): NewEvent {
  const id = uuidV7(START + afterMs);
  const metadata = {
    schema: 1,
    at: isoTime(START + afterMs),
    actor: 'cli:ann@host',
    correlationId: `command ${afterMs}`,
    causationId: `command ${afterMs}`,
    prev: '',
    hash: `hash of ${id}`,
  };
  return { id, type: event.type, data: JSON.parse(JSON.stringify(event.data)) as JsonObject, metadata };
}

export function keyCreated(
  data: Partial<Extract<ApiKeyEvent, { type: 'ApiKeyCreated' }>['data']> = {},
): Extract<ApiKeyEvent, { type: 'ApiKeyCreated' }> {
  const sealed = { dek: crypto.randomUUID(), box: 'c2VhbGVk' };
  return { type: 'ApiKeyCreated', data: { name: 'a key', scopes: ['mcp'], grants: ['*'], sealed, ...data } };
}

export function settings(over: Partial<ServerSettings> = {}): ServerSettings {
  return {
    transport: 'http',
    url: 'http://127.0.0.1:9/mcp',
    isolation: 'session',
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
    ...over,
  };
}

/** A digest that a reader recognises. */
export const digestOf = (text: string): string => text.padEnd(43, 'A');

/** What a server offers at first, as far as its tools: their names with texts that stand for definitions. */
export function catalogueChanged(
  tools: Readonly<Record<string, string>>,
  { registeredAt = isoTime(START), approves = true }: { registeredAt?: string; approves?: boolean } = {},
): Extract<McpCatalogueEvent, { type: 'McpServerCatalogueChanged' }> {
  const added = Object.entries(tools).map(([key, text]) => ({ key, digest: digestOf(text), members: [] }));
  const list = { digest: digestOf('list'), count: added.length, added, removed: [], changed: [] };
  const rest = {
    audience: { era: 'legacy' as const },
    digest: digestOf('all'),
    facts: [],
    lists: { tools: list },
    approves,
  };
  return {
    type: 'McpServerCatalogueChanged',
    data: { observedAt: registeredAt, serverRevision: 0, registeredAt, ...rest },
  };
}

/** Appends events to a key's stream, at its end. @returns the last one's position */
export function changeKey(store: EventStore, id: string, ...events: ApiKeyEvent[]): Promise<bigint> {
  return appendAtEnd(store, apiKeyStream(id), events);
}

/** Appends events to a server's stream, at its end. @returns the last one's position */
export function changeServer(store: EventStore, name: string, ...events: McpServerEvent[]): Promise<bigint> {
  return appendAtEnd(store, mcpServerStream(name), events);
}

/** Appends events to the stream of a server's catalogue, at its end. @returns the last one's position */
export function changeCatalogue(store: EventStore, name: string, ...events: McpCatalogueEvent[]): Promise<bigint> {
  return appendAtEnd(store, mcpCatalogueStream(name), events);
}

/** Appends events of any type to any stream, at its end. @returns the last one's position */
export async function appendAtEnd(
  store: EventStore,
  stream: string,
  events: readonly { type: string; data: object }[],
): Promise<bigint> {
  let last: number | undefined;
  for await (const { revision } of store.readStream(stream, { direction: 'backwards', limit: 1 })) last = revision;
  const first = last === undefined ? 0 : last + 1;
  const appended = await store.append(
    stream,
    last ?? 'no-stream',
    events.map((event, i) => newEvent(event, (first + i) * 1_000)),
  );
  return appended.position;
}

/** Appends the creation of so many keys. @returns the position of the last one */
export async function appendKeys(store: EventStore, count: number): Promise<bigint> {
  let last = 0n;
  for (let i = 0; i < count; i += 1) last = await changeKey(store, crypto.randomUUID(), keyCreated());
  return last;
}
