import { createParser } from 'eventsource-parser';
import { expect } from 'vitest';
import { until } from './client.ts';
import type { Setup } from './fixture.ts';

export const STREAM = { 'Content-Type': 'text/event-stream' };
/** The beginning of what a raw server says. */
export const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
export const event = (message: unknown): string => `data: ${JSON.stringify(message)}\n\n`;
export const result = (id: unknown, more: object = {}) => ({ jsonrpc: '2.0', id, result: more });
export const PROGRESS = event({ jsonrpc: '2.0', method: 'notifications/progress', params: {} });
export const BATCH = [
  { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  { jsonrpc: '2.0', id: 'b', method: 'tools/list' },
];
/** More than is held of an event. */
export const LARGE = 'x'.repeat(100_000);

/** Messages as an official client reads them, of one that also reads what is left at the end of a stream. */
export function read({ text }: { readonly text: string }, leniently = false): unknown[] {
  const messages: unknown[] = [];
  const parser = createParser({
    onEvent: ({ event: type = 'message', data }) => {
      if (type === 'message' && data !== '') messages.push(JSON.parse(data));
    },
  });
  parser.feed(leniently ? `${text}\n\n` : text);
  return messages;
}

/** How the only exchange has ended, and that its place is free. */
export async function outcomeOf({ gateway }: Pick<Setup, 'gateway'>): Promise<string | undefined> {
  await until(() => gateway.events.length > 0, 'the exchange ended');
  expect(gateway.register.size).toBe(0);
  return gateway.events[0]?.outcome;
}
