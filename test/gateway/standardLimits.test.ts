import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { initializeAt } from './initializeAt.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

const opened = new AsyncDisposableStack();
let gateway: TestGateway;
beforeAll(async () => {
  const calculator = opened.use(await startBackendServer1({ port: 0 }));
  gateway = opened.use(await startTestGateway({ env: { KEY_LIMITS: 'requests=2/h, calls=20' } }));
  await gateway.addServer('calculator', calculator.url);
});
afterAll(() => opened.disposeAsync());

/** Begins three sessions. */
async function statuses(apiKey: string): Promise<number[]> {
  const found: number[] = [];
  while (found.length < 3) {
    found.push(await initializeAt(gateway, apiKey));
  }
  return found;
}

it('a key without limits of its own has those of KEY_LIMITS, and another one its own [limits-standard]', async () => {
  const scopes = ['mcp', 'keys:read'];
  const [plain, own] = [
    await gateway.createKey({ scopes }),
    await gateway.createKey({ scopes, limits: ['requests=100/h'] }),
  ];
  expect(await statuses(plain.apiKey)).toEqual([200, 200, 429]);
  expect(await statuses(own.apiKey)).toEqual([200, 200, 200]);
  const shown = await fetch(`${gateway.url}/api/v1/keys/${plain.id}`, {
    headers: { authorization: `Bearer ${own.apiKey}` },
  });
  expect(await shown.json()).toMatchObject({ limits_left: [{ limit: 'requests=2/h', left: 0 }] });
});
