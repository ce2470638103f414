import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { referenceAnswer } from './referenceAnswers.ts';

/** An MCP server that is up for some time and then gone for as long, over and over. */
export async function startFlapping(everyMs: number): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { id?: unknown; method?: unknown };
      res.setHeader('content-type', 'application/json');
      res.end(id === undefined ? undefined : referenceAnswer(id, method));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const over = new AbortController();
  const flapping = (async () => {
    while (!over.signal.aborted) {
      await delay(everyMs, undefined, { signal: over.signal }).catch(() => undefined);
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await delay(everyMs, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    }
  })();
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      over.abort();
      await flapping;
    },
  };
}
