import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

/** A round of calls takes a second on a slow machine, and some rounds may be needed. */
const PATIENCE = { timeout: 100_000 };

let gateway: TestGateway;
let calculator: Awaited<ReturnType<typeof startBackendServer1>>;

beforeAll(async () => {
  gateway = await startTestGateway();
  calculator = await startBackendServer1({ port: 0 });
  await gateway.addServer('calculator', calculator.url);
});
afterAll(async () => {
  await calculator[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

async function call(credential: string, id: number): Promise<unknown> {
  const answer = await fetch(`${gateway.url}/mcp/calculator`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${credential}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'add', arguments: { a: id, b: 1 } },
    }),
  });
  expect(answer.status).toBe(200);
  return answer.text();
}

it.each(['key', 'token'])('a call that hits memory runs no SQL, with a %s [projections-no-sql]', async (kind) => {
  const { apiKey } = await gateway.createKey();
  const credential = kind === 'key' ? apiKey : await gateway.token(apiKey);
  const { db } = gateway.stores;
  const cold = db.statements;
  await call(credential, 0);
  // The count does count: the first call had to look the key or the server up.
  if (kind === 'key') expect(db.statements).toBeGreaterThan(cold);

  // What the gateway does of its own accord, as following the events, falls between calls now and then, not each time.
  let id = 0;
  await expect
    .poll(async () => {
      const warm = db.statements;
      for (let calls = 0; calls < 10; calls++) {
        id++;
        expect(await call(credential, id)).toContain(String(id + 1));
      }
      return db.statements - warm;
    }, PATIENCE)
    .toBe(0);
});
