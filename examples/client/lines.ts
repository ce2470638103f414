import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { check } from './check.ts';

// MCP without an SDK: one HTTP request whose body and answer are lines, each a JSON-RPC message, both open at the same time.
// METAMCP_URL and METAMCP_API_KEY name the gateway and a key; the argument names a server that is the example backendServer1.

const [server = 'backend1'] = process.argv.slice(2);
const { METAMCP_URL = 'http://127.0.0.1:12009', METAMCP_API_KEY: apiKey = '' } = process.env;

const message = z.looseObject({ id: z.unknown(), result: z.looseObject({}).optional(), error: z.unknown().optional() });

const exchange = request(new URL(`/api/v1/mcp/stream?server=${server}`, METAMCP_URL), {
  method: 'POST',
  headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/x-ndjson' },
});
exchange.flushHeaders();
const [response] = (await once(exchange, 'response')) as [IncomingMessage];
check('status', response.statusCode, 200);

const waiting = new Map<unknown, PromiseWithResolvers<unknown>>();
createInterface({ input: response }).on('line', (line) => {
  // A blank line says only that the gateway is still there.
  if (line === '') return;
  const { id, result, error } = message.parse(JSON.parse(line));
  if (error === undefined) waiting.get(id)?.resolve(result);
  else waiting.get(id)?.reject(new Error(JSON.stringify(error)));
});

/** Each request says which revision it is of, and what its client can do. */
const _meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'lines', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

async function ask(id: number, method: string, params: object = {}): Promise<unknown> {
  const answer = Promise.withResolvers<unknown>();
  waiting.set(id, answer);
  exchange.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta } })}\n`);
  return answer.promise;
}

const sum = z.object({ structuredContent: z.object({ result: z.number() }) });
const add = (id: number, a: number, b: number): Promise<unknown> =>
  ask(id, 'tools/call', { name: 'add', arguments: { a, b } });

// Both are under way at the same time, in one exchange.
const answers = await Promise.all([add(1, 19, 23), add(2, 0.1, 0.2)]);
const sums = answers.map((answer) => sum.parse(answer).structuredContent.result);
check('the sums', sums, [42, 0.1 + 0.2]);
console.log(`✓ 19 + 23 is ${sums[0]}, 0.1 + 0.2 is ${sums[1]}`);

exchange.end();
await once(response, 'end');
console.log('✓ the answer ends with the request');
