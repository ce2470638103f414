import { EventSourceParserStream } from 'eventsource-parser/stream';
import { isJsonObject, type JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { mirroredHeaders } from '../../../src/mcp/mirroredHeaders.ts';
import type { Wire, WireOptions } from './wire.ts';

const ACCEPT = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** Streamable HTTP, in either era. */
export function httpWire({ url, authorization, onMessage, onEventId }: WireOptions): Wire & {
  /** Takes an answer up again whose connection broke. @param onOpen called when the connection stands */
  resume(lastEventId: string, onOpen: () => void): Promise<void>;
} {
  let session: Record<string, string> = {};
  const closing = new AbortController();
  const streams: Promise<void>[] = [];

  async function read(response: Response): Promise<void> {
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/event-stream') && response.body !== null) {
      const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      for await (const { id, data } of events) {
        if (id !== undefined) onEventId?.(id);
        if (data !== '') onMessage(JSON.parse(data) as JsonObject);
      }
      return;
    }
    const text = await response.text();
    if (text === '') return;
    const body = JSON.parse(text) as unknown;
    for (const message of Array.isArray(body) ? body : [body]) if (isJsonObject(message)) onMessage(message);
  }

  async function get(headers: Record<string, string> = {}): Promise<Response> {
    return await fetch(url, {
      headers: { authorization, accept: 'text/event-stream', ...session, ...headers },
      signal: closing.signal,
    });
  }

  return {
    cancelsBy: 'closing',
    async send(message, signal) {
      const { method, params } = message;
      const meta = isJsonObject(params) && isJsonObject(params['_meta']) ? params['_meta'] : {};
      const version = meta[VERSION_KEY];
      const mirrored =
        typeof version === 'string' && typeof method === 'string'
          ? mirroredHeaders(version, method, params as JsonObject)
          : {};
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization, ...ACCEPT, ...session, ...mirrored },
        body: JSON.stringify(message),
        signal: signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]),
      });
      const id = response.headers.get('mcp-session-id');
      if (id !== null && method === 'initialize') session = { 'mcp-session-id': id };
      await read(response);
    },
    async openStream() {
      const response = await get();
      if (response.ok) streams.push(read(response).catch(() => undefined));
      else await response.text();
    },
    async resume(lastEventId, onOpen) {
      let response = await get({ 'last-event-id': lastEventId });
      // The server may not know yet that the connection was lost.
      for (; response.status === 409; response = await get({ 'last-event-id': lastEventId })) await response.text();
      if (!response.ok) throw new Error(`can't be resumed: ${String(response.status)} ${await response.text()}`);
      onOpen();
      await read(response);
    },
    async [Symbol.asyncDispose]() {
      if ('mcp-session-id' in session) {
        await (await fetch(url, { method: 'DELETE', headers: { authorization, ...session } })).text();
      }
      closing.abort();
      await Promise.all(streams);
    },
  };
}
