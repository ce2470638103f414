import { expect, test } from 'vitest';
import { parseCall, type Upstream } from './upstream.ts';
import { ask } from './client.ts';
import { aggregateWorld, client, server } from './aggregate/world.ts';

const calls = ({ received }: Upstream): number =>
  received.filter(({ body }) => body.length > 0 && parseCall(body).method === 'tools/call').length;

/** A parser that takes the first of two members, or whatever the case of its name, reads another tool than the gateway. */
const AMBIGUOUS = [
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"SECRET","name":"OPEN"}}',
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"OPEN","Name":"SECRET"}}',
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"OPEN"},"Params":{"name":"SECRET"}}',
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"OPEN","n\\u0061me":"SECRET"}}',
];

test.each([
  ['/mcp', 'a__'],
  ['/mcp/a', ''],
])(
  'At %s no server whose tools may be withheld gets a call that it could read as one of another tool [catalogue-hold]',
  async (path, prefix) => {
    await using world = await aggregateWorld();
    const a = await world.add('a', server({ tools: ['open', 'secret'] }), { onToolChange: 'hold' });
    const { headers } = await client(world.gateway, 'legacy');
    const own = path === '/mcp' ? headers : { authorization: 'Bearer good' };
    for (const text of AMBIGUOUS) {
      const body = text.replace('OPEN', `${prefix}open`).replace('SECRET', `${prefix}secret`);
      const answer = await ask(world.gateway, path, { headers: own, body });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('could be read in more than one way');
    }
    expect(calls(a)).toBe(0);
    const plain = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${prefix}open","arguments":{"Name":1,"name":2}}}`;
    expect((await ask(world.gateway, path, { headers: own, body: plain })).status).toBe(200);
    expect(calls(a)).toBe(1);
  },
);
