import { EventStoreDBClient, jsonEvent, type EventData } from '@eventstore/db-client';

export type TestClient = EventStoreDBClient & AsyncDisposable;

/** The official client, unchanged, that ends with the test. */
export function openClient(url: string): TestClient {
  const client = EventStoreDBClient.connectionString(url);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.dispose() });
}

/** Makes an event with a number in it. */
export function numbered(number: number, type = 'Numbered'): EventData {
  return jsonEvent({ type, data: { number } });
}

/** Makes so many numbered events. */
export function numberedEvents(count: number, type?: string): EventData[] {
  return Array.from({ length: count }, (_, number) => numbered(number, type));
}

export async function collect<T>(items: AsyncIterable<T>, count = Infinity): Promise<T[]> {
  const collected: T[] = [];
  if (count === 0) return collected;
  for await (const item of items) if (collected.push(item) >= count) break;
  return collected;
}
