import { expect, it } from 'vitest';
import { answerJson, legacyServer, messagesFixture, modernServer } from '../messages/world.ts';
import { parseCall } from '../upstream.ts';
import { begin, LineClient, modernParams } from './lineClient.ts';

const { laneTo, use } = messagesFixture();

it('is a session', async () => {
  const { gateway, upstream } = await laneTo(
    legacyServer((res, { body, method }) => {
      if (method === 'GET') res.writeHead(405).end();
      else answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, result: { tools: [] } });
    }),
  );
  const client = use(await LineClient.open(gateway, { query: '?server=local' }));
  expect((await begin(client)).result).toMatchObject({ serverInfo: { name: 'files' } });
  expect((await client.ask(1, 'tools/list')).result).toEqual({ tools: [] });
  client.request.end();
  await client.over();
  expect(client.isComplete).toBe(true);
  expect(client.lines).toHaveLength(2);
  console.log(upstream.received.map(({ method, body }) => method + body.toString()), gateway.events, gateway.register.size);
});

it('modern', async () => {
  const { gateway } = await laneTo(
    modernServer((res, { body }) => answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, result: { resultType: 'complete', tools: [] , ttlMs: 0, cacheScope: 'private'} })),
  );
  const client = use(await LineClient.open(gateway, { query: '?server=local' }));
  expect((await client.ask(1, 'tools/list', modernParams())).result).toMatchObject({ tools: [] });
  const two = use(await LineClient.open(gateway));
  console.log(await two.ask(1, 'tools/list', modernParams()));
});
