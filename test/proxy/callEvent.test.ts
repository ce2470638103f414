import { expect, it } from 'vitest';
import { ask, call, open, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';

const { gatewayTo } = fixture();

it('an exchange that has ended is told of with what was carried, and a stream as one [usage-dimensions]', async () => {
  const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: [] } });
  const { gateway } = await gatewayTo((res, { method }) => {
    if (method === 'GET') res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
    else res.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  await call(gateway, 'files', LIST);
  await call(gateway, 'files', { ...LIST, method: 'tools/call', params: { name: 'search' } });
  const stream = await open(gateway, '/mcp/files', { headers: { accept: 'text/event-stream' } });
  stream.abort();
  await until(() => gateway.events.length === 3, 'three exchanges ended');
  const about = { keyId: 'key-of-good', server: 'files', bytesOut: answer.length };
  expect(gateway.events).toMatchObject([
    { ...about, method: 'tools/list', tool: undefined, standing: false, bytesIn: JSON.stringify(LIST).length },
    { ...about, method: 'tools/call', tool: 'search', standing: false },
    { method: 'GET', standing: true, outcome: 'client-closed', bytesIn: 0 },
  ]);
});

it.each(['application/json', 'text/event-stream'])(
  'a JSON-RPC error that passes as bytes in %s with 200 is told of as one, and another request’s is not [usage-outcomes]',
  async (type) => {
    const error = { code: -32_000, message: 'no' };
    let answers: object[] = [];
    const { gateway } = await gatewayTo((res) => {
      const texts = answers.map((each) => JSON.stringify({ jsonrpc: '2.0', ...each }));
      res.writeHead(200, { 'content-type': type });
      res.end(type === 'application/json' ? texts.at(-1) : texts.map((text) => `data: ${text}\n\n`).join(''));
    });
    for (const each of [
      [{ id: 1, error }],
      [
        { id: 99, error },
        { id: 1, result: {} },
      ],
      [{ id: 1, result: { error } }],
    ]) {
      answers = each;
      expect((await call(gateway, 'files', LIST)).status).toBe(200);
    }
    await until(() => gateway.events.length === 3, 'three exchanges ended');
    expect(gateway.events.map(({ outcome }) => outcome)).toEqual(['upstream-rpc-error', 'ok', 'ok']);
  },
);

it('what is refused on its way to a server is told of with why; a server that does not exist is told of by nobody [usage-outcomes]', async () => {
  const { gateway } = await gatewayTo((res) => res.end());
  expect((await ask(gateway, '/mcp/nowhere', { body: JSON.stringify(LIST) })).status).toBe(404);
  const refused = await ask(gateway, '/mcp/files', { body: '{' });
  expect(refused.status).toBe(400);
  expect(gateway.events).toEqual([
    {
      requestId: refused.headers['x-request-id'],
      keyId: 'key-of-good',
      keyName: 'test',
      server: 'files',
      method: 'POST',
      tool: undefined,
      protocol: 'h1',
      era: undefined,
      standing: false,
      answeredHere: true,
      outcome: 'parse-error',
      status: 400,
      durationMs: 0,
      ownMs: undefined,
      bytesIn: 1,
      bytesOut: refused.text.length,
    },
  ]);
});
