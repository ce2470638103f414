import { createServer, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/testGateway.ts';
import { addOdd, addProgram, EndpointClient, processesOf } from './world.ts';

// A server that keeps its answers until the test lets them go.
const waiting: ServerResponse[] = [];
const slow = createServer((req, res) => {
  req.resume();
  waiting.push(res);
});

beforeAll(async () => {
  slow.listen(0, '127.0.0.1');
  await once(slow, 'listening');
});
afterAll(() => {
  slow.closeAllConnections();
  slow.close();
});

/** Stops a gateway while a call of it is under way, which goes on until `meanwhile` has ended. */
async function stopWhileCalling(gateway: TestGateway, apiKey: string, meanwhile: () => Promise<void>): Promise<number> {
  await gateway.addServer('slow', `http://127.0.0.1:${(slow.address() as AddressInfo).port}/mcp`);
  const asked = once(slow, 'request');
  const call = fetch(`${gateway.url}/api/v1/mcp/servers/slow/tools`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  await asked;
  const stopped = gateway[Symbol.asyncDispose]();
  await meanwhile();
  for (const res of waiting.splice(0)) res.writeHead(500).end();
  const { status } = await call;
  await stopped;
  return status;
}

test('a gateway that stops lets go of a program whose tools it watches, while the calls of others go on [proxy-drains]', async () => {
  const gateway = await startTestGateway();
  const { apiKey } = await gateway.createKey();
  await addProgram(gateway, 'watched', { isolation: 'shared', onToolChange: 'hold' });
  const client = new EndpointClient(gateway, 'watched', apiKey);
  await client.initialize();
  expect(await client.who()).toHaveProperty('pid');
  await client.end();
  expect(processesOf('watched')).not.toEqual([]);
  // The answer is the slow server's: the call was not cut when the time for it was over.
  expect(await stopWhileCalling(gateway, apiKey, () => expect.poll(() => processesOf('watched')).toEqual([]))).toBe(
    502,
  );
});

test('a program that ignores the end of its input and SIGTERM is killed while the calls of others go on [proxy-drains]', async () => {
  const gateway = await startTestGateway();
  const { apiKey } = await gateway.createKey();
  await addOdd(gateway, 'stubborn', 'ignores-term');
  await new EndpointClient(gateway, 'stubborn', apiKey).initialize();
  expect(processesOf('stubborn')).toHaveLength(1);
  expect(await stopWhileCalling(gateway, apiKey, () => expect.poll(() => processesOf('stubborn')).toEqual([]))).toBe(
    502,
  );
});
