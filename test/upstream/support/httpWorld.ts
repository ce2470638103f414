import type { ServerResponse } from 'node:http';
import type { Era } from '../../../src/mcp/eras.ts';
import type { Outlet, Received, UpstreamWorld } from '../../contract/upstreamWorld.ts';
import { connect } from './connect.ts';
import { result, rpcError, startScriptedServer, type Seen } from './scriptedServer.ts';

const ABOUT_ITSELF = {
  capabilities: { tools: { listChanged: true }, logging: {} },
  instructions: 'Use it well.',
};
const SERVER_INFO = { name: 'scripted', version: '7' };

/** Servers of one era over Streamable HTTP. */
export function httpWorld(era: Era): UpstreamWorld {
  return {
    era,
    async open(behaviour = {}, { timeouts, capabilities, isMute = false } = {}) {
      const received: Received[] = [];
      const cancelled: unknown[] = [];
      const listeners: Outlet[] = [];
      const listen = (response: ServerResponse): Outlet => {
        const outlet = outletOf(response);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
        listeners.push(outlet);
        response.on('close', () => listeners.splice(listeners.indexOf(outlet), 1));
        return outlet;
      };
      const server = await startScriptedServer((seen, response) => {
        const { id, method } = seen.message;
        const isOpening = openConversation(era, seen, response);
        if (isOpening) return;
        if (seen.verb === 'DELETE') response.writeHead(200).end();
        else if (seen.verb === 'GET') {
          if (isMute || era === 'modern') response.writeHead(405).end();
          else listen(response);
        } else if (method === 'subscriptions/listen' && !isMute) {
          const params = { _meta: { 'io.modelcontextprotocol/subscriptionId': id }, notifications: {} };
          void listen(response).send({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params });
        } else if (id === undefined || method === undefined) {
          const isCancellation = method === 'notifications/cancelled';
          if (isCancellation) cancelled.push(seen.message.params?.['requestId']);
          else received.push(JSON.parse(seen.text) as Received);
          response.writeHead(202).end();
          if (method === undefined) behaviour['']?.(JSON.parse(seen.text) as Received, outletOf(response));
        } else {
          const request = JSON.parse(seen.text) as Received;
          if (method !== 'subscriptions/listen') received.push(request);
          const answerIt = behaviour[method];
          if (answerIt === undefined) {
            rpcError(seen, response, era === 'modern' ? 404 : 200, { code: -32_601, message: 'Method not found' });
            return;
          }
          if (era === 'modern') {
            response.on('close', () => {
              if (!response.writableEnded) cancelled.push(id);
            });
          }
          answerIt(request, outletOf(response, id));
        }
      });
      try {
        const upstream = await connect(server.url, { era, timeouts, capabilities });
        return {
          upstream,
          received,
          cancelled,
          listeners,
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

/** Answers what opens a conversation; false for anything else. */
function openConversation(era: Era, seen: Seen, response: ServerResponse): boolean {
  const { method } = seen.message;
  if (era === 'modern' && method === 'server/discover') {
    result(seen, response, {
      ...ABOUT_ITSELF,
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      ttlMs: 0,
      cacheScope: 'private',
      _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO },
    });
    return true;
  }
  if (era === 'legacy' && method === 'initialize') {
    const facts = { ...ABOUT_ITSELF, protocolVersion: '2025-11-25', serverInfo: SERVER_INFO };
    result(seen, response, facts, { 'mcp-session-id': 'session-1' });
    return true;
  }
  if (era === 'legacy' && method === 'notifications/initialized') {
    response.writeHead(202).end();
    return true;
  }
  return false;
}

/** @param answeredId the stream ends with the answer to this request */
function outletOf(response: ServerResponse, answeredId?: string | number): Outlet {
  const write = (data: string): boolean => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
    return response.write(`event: message\ndata: ${data}\n\n`);
  };
  const drain = (): Promise<void> =>
    new Promise((resolve) => {
      const settle = (): void => {
        response.off('drain', settle).off('close', settle);
        resolve();
      };
      response.on('drain', settle).on('close', settle);
    });
  const isAnswer = (message: object): boolean => 'id' in message && message.id === answeredId && !('method' in message);
  return {
    async send(message) {
      if (response.destroyed) return;
      const isTaken = write(JSON.stringify(message));
      if (answeredId !== undefined && isAnswer(message)) response.end();
      else if (!isTaken) await drain();
    },
    sendText(text) {
      write(text);
    },
    end() {
      response.end();
    },
    die() {
      response.destroy();
    },
  };
}
