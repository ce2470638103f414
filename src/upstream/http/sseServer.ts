import { Pace } from '../pace.ts';
import { sendHttp } from './httpRequest.ts';
import { EventReader } from './eventReader.ts';
import { SIDE_TIMEOUTS, boundRequest } from '../requestBounds.ts';
import type { HttpTarget } from './target.ts';

/** Tells whether a server speaks the HTTP+SSE transport: a GET opens a stream that begins with `endpoint` (MCP 2024-11-05, basic/transports). */
export async function looksLikeSseServer(target: HttpTarget, signal?: AbortSignal): Promise<boolean> {
  using bounds = boundRequest({ server: target.server, signals: [signal, target.closed], timeouts: SIDE_TIMEOUTS });
  try {
    const { response, verdict } = await sendHttp(target, bounds, {
      method: 'GET',
      headers: { accept: 'text/event-stream' },
    });
    try {
      if (verdict.as !== 'event-stream') return false;
      const cursor = { lastEventId: undefined, retryMs: undefined };
      const events = new EventReader(target, response, bounds, { cursor, pace: new Pace() });
      return (await events.ready()) && events.take().event === 'endpoint';
    } finally {
      response.destroy();
    }
  } catch {
    if (signal?.aborted === true) throw signal.reason;
    return false;
  }
}
