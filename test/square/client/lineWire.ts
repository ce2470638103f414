import { once } from 'node:events';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { Wire, WireOptions } from './wire.ts';

/** Newline-delimited JSON both ways in one HTTP exchange. */
export function lineWire({ url, authorization, onMessage }: WireOptions): Wire & { lose(): void } {
  const sent = request(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' },
  });
  sent.flushHeaders();
  // The head of the answer may wait for the first line.
  const over = (async () => {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`the stream was answered ${String(response.statusCode)}`);
    for await (const line of createInterface({ input: response })) {
      if (line.trim() !== '') onMessage(JSON.parse(line) as JsonObject);
    }
  })();
  over.catch(() => undefined);
  let isLost = false;
  return {
    lose() {
      isLost = true;
      sent.destroy();
    },
    cancelsBy: 'notification',
    send(message) {
      sent.write(`${JSON.stringify(message)}\n`);
      return Promise.race([over.then(() => undefined), Promise.resolve()]);
    },
    // What the server sends by itself comes on the one stream that there is.
    openStream: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      if (isLost) return;
      sent.end();
      await over;
    },
  };
}
