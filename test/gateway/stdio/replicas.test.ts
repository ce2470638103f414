import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/freePort.ts';
import { startGatewayProcess, type GatewayProcess } from '../../support/gatewayProcess.ts';
import { startTestGateway, type TestGateway } from '../../support/testGateway.ts';
import { addProgram, EndpointClient, processesOf } from './world.ts';

/** The server `own`, at its own endpoint and behind that of all servers. */
const ENDPOINTS = [
  { path: 'own', tool: (name: string) => name },
  { path: '?servers=own', tool: (name: string) => `own__${name}` },
];

let gateway: TestGateway;
let other: GatewayProcess;
let startOther: () => Promise<GatewayProcess>;
let apiKey: string;
let strangersKey: string;
beforeAll(async () => {
  const [port, otherPort] = [await freePort(), await freePort()];
  const at = (port: number) => ({ SERVER_PORT: String(port), SERVER_PEER_URL: `http://127.0.0.1:${String(port)}` });
  gateway = await startTestGateway({ env: at(port) });
  ({ apiKey } = await gateway.createKey());
  ({ apiKey: strangersKey } = await gateway.createKey());
  await addProgram(gateway, 'own');
  await addProgram(gateway, 'common', { isolation: 'shared' });
  const { databaseUrl = '', eventStoreUrl, jwtSecret = '', encryptionKey = '' } = gateway.settings;
  const stores = { DATABASE_URL: databaseUrl, ...(eventStoreUrl !== undefined && { EVENT_STORE_URL: eventStoreUrl }) };
  const env = { ...stores, JWT_SECRET: jwtSecret, ENCRYPTION_KEY: encryptionKey, ...at(otherPort) };
  startOther = () => startGatewayProcess({ home: gateway.home, env });
  other = await startOther();
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

/** The same client at both gateways. */
async function balanced(
  first: { readonly url: string },
  path: string,
): Promise<readonly [EndpointClient, EndpointClient]> {
  const clients = [new EndpointClient(gateway, path, apiKey), new EndpointClient(other, path, apiKey)] as const;
  const began = first === gateway ? clients[0] : clients[1];
  expect((await began.initialize()).status).toBe(200);
  for (const client of clients) client.session = began.session;
  return clients;
}

describe.each(ENDPOINTS)('a session at /mcp/$path whose process lives on one gateway', ({ path, tool }) => {
  const who = (client: EndpointClient, name = 'who') => client.who('legacy', tool(name));

  test('goes on at another one, which passes its requests on, for 1,000 calls [proxy-stdio-replicas]', async () => {
    const [here, there] = await balanced(other, path);
    const { pid } = await who(there);
    for (let n = 0; n < 1_000; n++) expect((await who(n % 2 === 0 ? here : there)).pid).toBe(pid);
    expect(processesOf('own')).toEqual([pid]);
    // Streams, too.
    const stop = new AbortController();
    const stream = (await here.listen(stop.signal)).pipeThrough(new TextDecoderStream());
    let isOver = false;
    const heard = (async () => {
      let text = '';
      for await (const chunk of stream) {
        text += chunk;
        if (text.includes('resources/updated')) return text;
      }
      return text;
    })().finally(() => (isOver = true));
    while (!isOver) {
      await who(here, 'change');
      await Promise.race([heard, new Promise((resolve) => setImmediate(resolve))]);
    }
    expect(await heard).toContain('notifications/resources/updated');
    stop.abort();
    await here.end();
    expect((await there.legacy('tools/list')).status).toBe(404);
    expect((await here.legacy('tools/list')).status).toBe(404);
    await expect.poll(() => processesOf('own')).toEqual([]);
  });

  test('is nobody else’s there, either [proxy-stdio-replicas]', async () => {
    const [here, there] = await balanced(other, path);
    const stranger = new EndpointClient(gateway, path, strangersKey);
    stranger.session = there.session;
    expect(await stranger.legacy('tools/list')).toMatchObject({ status: 404 });
    await stranger.end();
    expect(await who(here)).toHaveProperty('pid');
    const headers = { authorization: `Bearer ${apiKey}`, 'mcp-session-id': there.session ?? '' };
    // Who claims to be a replica gains nothing.
    const mark = { 'metamcp-forwarded': 'x'.repeat(43) };
    const claimed = await fetch(`${gateway.url}/mcp/${path}`, { method: 'DELETE', headers: { ...headers, ...mark } });
    expect(claimed.status).toBe(200);
    await claimed.body?.cancel();
  });

  test('is gone with its gateway, also for the next one at its address, and the client begins anew [proxy-stdio-replicas]', async () => {
    const [here, there] = await balanced(other, path);
    const { pid } = await who(there);
    const underWay = here.legacy('tools/call', { name: tool('hang'), arguments: {} });
    // It is on its way: the process gets what comes behind it.
    await who(here);
    other.kill('SIGKILL');
    await other.exited;
    const cut = await underWay.catch(() => undefined);
    expect(cut === undefined || cut.status >= 500).toBe(true);
    expect(await here.legacy('tools/list')).toMatchObject({
      status: 404,
      body: { error: { code: expect.any(Number) } },
    });
    here.session = undefined;
    await here.initialize();
    expect((await who(here)).pid).not.toBe(pid);
    await here.end();
    other = await startOther();
    expect((await there.legacy('tools/list')).status).toBe(404);
  });
});

describe('a session at /mcp that can be made anew', () => {
  test('goes on without the gateway where it began [aggregate-sessions] [proxy-stdio-replicas]', async () => {
    const [here, there] = await balanced(other, '?servers=common');
    expect(await there.who('legacy', 'common__who')).toMatchObject({ pid: processesOf('common')[0] });
    other.kill('SIGKILL');
    await other.exited;
    for (let n = 0; n < 3; n++) expect(await here.who('legacy', 'common__who')).toHaveProperty('pid');
    other = await startOther();
    expect(await there.who('legacy', 'common__who')).toHaveProperty('pid');
    // Whoever gets the DELETE, it is ended for all of them, and for those that come after them.
    await there.end();
    for (const client of [here, there]) expect((await client.legacy('tools/list')).status).toBe(404);
    await gateway.restart();
    expect((await here.legacy('tools/list')).status).toBe(404);
  });
});
