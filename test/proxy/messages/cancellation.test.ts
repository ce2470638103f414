import { Agent, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { ask, until } from '../client.ts';
import { parseCall, type Answer } from '../upstream.ts';
import { aggregateWorld, answeredOf, client, server, textOf } from '../aggregate/world.ts';

const VERSION = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
const MODERN = { 'mcp-protocol-version': '2026-07-28' };

test.each([
  ['of the aggregate, as messages', '/mcp', 'a__slow', false],
  ['of the aggregate, as bytes', '/mcp', 'a__slow', true],
  ['of one server, as messages', '/mcp/program', 'slow', false],
  ['of one server, as bytes', '/mcp/a', 'slow', true],
])(
  'Of two modern clients of one key that call with the same id, each ends its own call alone (%s) [mcp-modern-cancelled-names-nothing] [mcp-close-cancels]',
  async (_what, path, name, isWarm) => {
    const waiting: { readonly res: ServerResponse; readonly id: unknown }[] = [];
    const closed: ServerResponse[] = [];
    const slow: Answer = (res, { body }) => {
      const { id, params } = parseCall(body);
      if (params?.['name'] !== 'slow') {
        answer(res, id, { resultType: 'complete', content: [] });
        return;
      }
      waiting.push({ res, id });
      res.on('close', () => {
        if (!res.writableFinished) closed.push(res);
      });
    };
    await using world = await aggregateWorld();
    const { gateway } = world;
    const offer = server({ era: 'modern', tools: ['slow', 'quick'], answers: { 'tools/call': slow } });
    const a = await world.add('a', offer);
    const program = await world.add('program', offer, { transport: 'stdio' });
    if (isWarm) await (await client(gateway, 'modern')).ask('tools/call', { name: 'a__quick' });
    const headers = { ...MODERN, 'mcp-method': 'tools/call', 'mcp-name': name };
    const _meta = { ...VERSION, 'io.modelcontextprotocol/clientCapabilities': {} };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name, _meta } });
    const call = (agent?: Agent) => ask(gateway, path, { headers, body, ...(agent && { agent }) });
    const agent = new Agent();
    const [first, second, third] = [call(), call(agent).catch(() => 'closed'), call()];
    await until(() => waiting.length === 3, 'all three are under way');

    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7, _meta: VERSION } };
    const told = await ask(gateway, path, {
      headers: { ...MODERN, 'mcp-method': 'notifications/cancelled' },
      body: JSON.stringify(cancelled),
    });
    expect(told.status).toBe(202);
    agent.destroy();
    await second;
    await until(() => closed.length > 0, 'the server notices that one has left');

    for (const { res, id } of waiting) {
      const result = { resultType: 'complete', content: [{ type: 'text', text: 'done' }] };
      if (!closed.includes(res)) answer(res, id, result);
    }
    for (const one of [first, third]) expect(textOf(answeredOf(await one, 7))).toBe('done');
    expect(closed).toHaveLength(1);
    const received = [...a.received, ...program.received];
    expect(received.filter((request) => request.body.includes('notifications/cancelled'))).toEqual([]);
  },
);

function answer(res: ServerResponse, id: unknown, result: object): void {
  res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
}
