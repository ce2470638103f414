import type { ServerResponse } from 'node:http';
import { until } from '../client.ts';
import { answerJson, event, legacyServer, messagesFixture, modernServer, STREAM } from '../messages/world.ts';
import type { Setup } from '../fixture.ts';
import type { TestGatewayOptions } from '../gateway.ts';
import { parseCall, type Answer, type ReceivedRequest } from '../upstream.ts';
import { LineClient, type LineClientOptions } from './lineClient.ts';

export interface LineWorld extends Setup {
  /** Opens an exchange with the server. */
  open(options?: LineClientOptions): Promise<LineClient>;
  /** The requests to tools, in the order in which they came, until they are answered. */
  readonly called: Called[];
  /** Waits for so many calls of tools in all. */
  calls(count: number): Promise<Called[]>;
}

/** A call of a tool that the test answers. */
export interface Called {
  readonly name: unknown;
  readonly received: ReceivedRequest;
  readonly stream: ServerResponse;
  /** Sends a message before the answer. */
  send(message: object): void;
  answer(text?: string): void;
}

/** Gives a test file gateways with a server of one era, reached as messages, whose tools the test answers. */
export function lineFixture() {
  const { laneTo, use } = messagesFixture();
  return {
    use,
    async serverOf(era: 'legacy' | 'modern', options?: TestGatewayOptions, other?: Answer): Promise<LineWorld> {
      const called: Called[] = [];
      const answer: Answer = (res, received) => {
        const { id, method, params } = received.body.length === 0 ? {} : parseCall(received.body);
        if (method === 'tools/call') {
          res.writeHead(200, STREAM).flushHeaders();
          called.push({
            name: params?.['name'],
            received,
            stream: res,
            send: (message) => res.write(event({ jsonrpc: '2.0', ...message })),
            answer(text = 'done') {
              const result = { content: [{ type: 'text', text }], ...(era === 'modern' && { resultType: 'complete' }) };
              res.end(event({ jsonrpc: '2.0', id, result }));
            },
          });
        } else if (other !== undefined) other(res, received);
        else if (received.method === 'GET') res.writeHead(405).end();
        else if (id === undefined) res.writeHead(202).end();
        else answerJson(res, { jsonrpc: '2.0', id, result: { tools: [], resultType: 'complete', ttlMs: 0 } });
      };
      const setup = await laneTo((era === 'legacy' ? legacyServer : modernServer)(answer), options);
      return {
        ...setup,
        called,
        open: async (more) => use(await LineClient.open(setup.gateway, { query: '?server=local', ...more })),
        async calls(count) {
          await until(() => called.length >= count, `${String(count)} calls reach the server`);
          return called;
        },
      };
    },
  };
}
