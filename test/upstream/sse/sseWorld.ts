import type { Outlet, Received, UpstreamWorld } from '../../contract/upstreamWorld.ts';
import { connect } from '../support/connect.ts';
import { startSseServer, type SseStream } from './sseServer.ts';

/** Servers of the HTTP+SSE transport. */
export function sseWorld(): UpstreamWorld {
  return {
    era: 'legacy',
    isOneChannel: true,
    async open(behaviour = {}, { timeouts, capabilities } = {}) {
      const received: Received[] = [];
      const cancelled: unknown[] = [];
      const server = await startSseServer({
        message({ text }, stream, response) {
          response.writeHead(202).end('Accepted');
          const message = JSON.parse(text) as Received;
          const { id, method, params } = message;
          if (method === 'initialize') {
            const result = {
              protocolVersion: '2024-11-05',
              serverInfo: { name: 'scripted', version: '7' },
              capabilities: { tools: { listChanged: true }, logging: {} },
              instructions: 'Use it well.',
            };
            stream.send({ jsonrpc: '2.0', id, result });
          } else if (method === 'notifications/cancelled') cancelled.push(params?.['requestId']);
          else if (method !== 'notifications/initialized') {
            const answerIt = behaviour[method ?? ''];
            // The gateway's own question whether a silent server is there.
            if (method !== 'ping' || answerIt !== undefined) received.push(message);
            if (answerIt !== undefined) answerIt(message, outletOf(stream));
            else if (id !== undefined && method !== undefined) {
              stream.send({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } });
            }
          }
        },
      });
      try {
        const upstream = await connect(server.url, { transport: 'sse', timeouts, capabilities });
        return {
          upstream,
          received,
          cancelled,
          listeners: [],
          async [Symbol.asyncDispose]() {
            await upstream[Symbol.asyncDispose]();
            await server[Symbol.asyncDispose]();
          },
        };
      } catch (error) {
        await server[Symbol.asyncDispose]();
        throw error;
      }
    },
  };
}

function outletOf({ response, send, sendText }: SseStream): Outlet {
  return {
    async send(message) {
      if (send(message) || response.destroyed) return;
      await new Promise<void>((resolve) => {
        const settle = () => {
          response.off('drain', settle).off('close', settle);
          resolve();
        };
        response.on('drain', settle).on('close', settle);
      });
    },
    sendText: (text) => void sendText(text),
    end: () => undefined,
    die: () => response.destroy(),
  };
}
