import { expect, test } from 'vitest';
import { call, errorOf, modern } from './client.ts';
import { fixture } from './fixture.ts';
import { answerJson, legacyServer, methodsOf, modernServer } from './messages/world.ts';
import { parseCall, type Answer } from './upstream.ts';

const { gatewayTo } = fixture();
const ADD = modern('tools/call', { name: 'add', arguments: { a: 1 } });
const DISCOVER = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };

/** Refuses what is of the modern era, as a server does that does not know it. */
function refusesModern(answer: Answer): Answer {
  return (res, received) => {
    if (received.headers['mcp-protocol-version'] === '2026-07-28') res.writeHead(400).end('Unsupported version');
    else answer(res, received);
  };
}

test('A call that a server refuses in the era that it speaks reaches it once, and the client gets the refusal [bridge-era-refused-once]', async () => {
  const { gateway, upstream } = await gatewayTo(
    modernServer((res, { body }) => {
      const { id } = parseCall(body);
      const error = { code: -32_602, message: 'No such account', data: { account: 7 } };
      res.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, error }));
    }),
  );
  const answered = await call(gateway, 'files', ADD.message, ADD.headers);
  expect(answered.status).toBe(404);
  expect(errorOf(answered)).toMatchObject({ id: 1, code: -32_602, message: 'No such account', data: { account: 7 } });
  expect(methodsOf(upstream.received)).toEqual(['tools/call', 'server/discover']);
});

test('A call that a server refuses as one of an era that it does not speak goes on in the other one [bridge-finds-the-era]', async () => {
  const { gateway, upstream } = await gatewayTo(
    refusesModern(
      legacyServer((res, { body, method }) => {
        if (method === 'GET') res.writeHead(405).end();
        else answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, result: { content: [] } });
      }),
    ),
  );
  const answered = await call(gateway, 'files', ADD.message, ADD.headers);
  expect(JSON.parse(answered.text)).toMatchObject({ id: 1, result: { resultType: 'complete', content: [] } });
  const inLegacy = upstream.received.filter(({ headers }) => headers['mcp-protocol-version'] !== '2026-07-28');
  expect(methodsOf(inLegacy).filter((method) => method === 'tools/call')).toHaveLength(1);
  await expect.poll(() => gateway.events.map(({ outcome }) => outcome)).toEqual(['ok']);
});

test('A call whose server’s era is being found out is cut with its key, and the server gets no more of it [bridge-finds-the-era]', async () => {
  let discovered: (() => void) | undefined;
  const { gateway, upstream } = await gatewayTo((res, { body }) => {
    const { id, method } = parseCall(body);
    if (method !== 'server/discover') res.writeHead(404).end();
    else discovered = () => answerJson(res, { jsonrpc: '2.0', id, result: DISCOVER });
  });
  const asked = call(gateway, 'files', ADD.message, ADD.headers).catch((error: unknown) => error);
  await expect.poll(() => discovered).toBeDefined();
  expect(gateway.register.size).toBe(1);
  gateway.keys.revoke({ keyId: 'key-of-good' });
  expect(await asked).toMatchObject({ status: 401 });
  discovered?.();
  await expect.poll(() => gateway.register.size).toBe(0);
  expect(methodsOf(upstream.received)).toEqual(['tools/call', 'server/discover']);
});
