import { discard, sendHttp } from './httpRequest.ts';
import { readEvents } from './answerBody.ts';
import { SIDE_TIMEOUTS, startCall } from './call.ts';
import type { Endpoint } from './endpoint.ts';

/** Tells whether a server speaks the HTTP+SSE transport: a GET opens a stream that begins with `endpoint` (MCP 2024-11-05, basic/transports). */
export async function looksLikeSseServer(endpoint: Endpoint): Promise<boolean> {
  using call = startCall({ endpoint, signals: [endpoint.closed], timeouts: SIDE_TIMEOUTS });
  try {
    const { response, verdict } = await sendHttp(endpoint, call, {
      method: 'GET',
      headers: { accept: 'text/event-stream' },
    });
    try {
      if (verdict.as !== 'event-stream') return false;
      const cursor = { lastEventId: undefined, retryMs: undefined };
      for await (const { event } of readEvents(endpoint, response.body, call, { cursor })) return event === 'endpoint';
      return false;
    } finally {
      discard(response);
    }
  } catch (error) {
    if (endpoint.closed.aborted) throw error;
    return false;
  }
}
