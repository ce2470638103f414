import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/freePort.ts';
import { startGatewayProcess, type GatewayProcess } from '../../support/gatewayProcess.ts';
import { startTestGateway, type TestGateway } from '../../support/testGateway.ts';
import { addProgram, EndpointClient, processesOf } from './world.ts';

let gateway: TestGateway;
let other: GatewayProcess;
let apiKey: string;
beforeAll(async () => {
  const [port, otherPort] = [await freePort(), await freePort()];
  const at = (port: number) => ({ SERVER_PORT: String(port), SERVER_PEER_URL: `http://127.0.0.1:${String(port)}` });
  gateway = await startTestGateway({ env: at(port) });
  ({ apiKey } = await gateway.createKey());
  await addProgram(gateway, 'own');
  const { databaseUrl = '', eventStoreUrl, jwtSecret = '', encryptionKey = '' } = gateway.settings;
  const stores = { DATABASE_URL: databaseUrl, ...(eventStoreUrl !== undefined && { EVENT_STORE_URL: eventStoreUrl }) };
  const env = { ...stores, JWT_SECRET: jwtSecret, ENCRYPTION_KEY: encryptionKey, ...at(otherPort) };
  other = await startGatewayProcess({ home: gateway.home, env });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

/** The same client at both gateways. */
async function balanced(first: { readonly url: string }): Promise<readonly [EndpointClient, EndpointClient]> {
  const clients = [new EndpointClient(gateway, 'own', apiKey), new EndpointClient(other, 'own', apiKey)] as const;
  const began = first === gateway ? clients[0] : clients[1];
  expect((await began.initialize()).status).toBe(200);
  for (const client of clients) client.session = began.session;
  return clients;
}

describe('a session whose process lives on one gateway', () => {
  test('goes on at another one, which passes its requests on [proxy-stdio-replicas]', async () => {
    const [here, there] = await balanced(other);
    const { pid } = await there.who();
    for (let n = 0; n < 100; n++) expect(await (n % 2 === 0 ? here : there).who()).toMatchObject({ pid });
    expect(processesOf('own')).toEqual([pid]);
    // Streams, too.
    const stop = new AbortController();
    const heard = (async () => {
      let text = '';
      for await (const chunk of (await here.listen(stop.signal)).pipeThrough(new TextDecoderStream())) {
        text += chunk;
        if (text.includes('list_changed')) return text;
      }
      return text;
    })();
    let isOver = false;
    const hearing = heard.finally(() => (isOver = true));
    while (!isOver) {
      await here.who('legacy', 'change');
      await Promise.race([hearing, new Promise((resolve) => setImmediate(resolve))]);
    }
    expect(await heard).toContain('notifications/tools/list_changed');
    stop.abort();
    await here.end();
    expect((await there.legacy('tools/list')).status).toBe(404);
  });

  test('is nobody else’s there, either [proxy-stdio-replicas]', async () => {
    const [, there] = await balanced(other);
    const stranger = new EndpointClient(gateway, 'own', (await gateway.createKey()).apiKey);
    stranger.session = there.session;
    expect(await stranger.legacy('tools/list')).toMatchObject({ status: 404 });
    const headers = { authorization: `Bearer ${apiKey}`, 'mcp-session-id': there.session ?? '' };
    // Who claims to be a replica gains nothing.
    const mark = { 'metamcp-forwarded': 'x'.repeat(43) };
    const claimed = await fetch(`${gateway.url}/mcp/own`, { method: 'DELETE', headers: { ...headers, ...mark } });
    expect(claimed.status).toBe(200);
    await claimed.body?.cancel();
  });

  test('is gone with its gateway, and the client begins anew [proxy-stdio-replicas]', async () => {
    const [here, there] = await balanced(other);
    const { pid } = await there.who();
    const underWay = here.legacy('tools/call', { name: 'hang', arguments: {} });
    // It is on its way: the process gets what comes behind it.
    await here.who();
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
    expect((await here.who()).pid).not.toBe(pid);
    await here.end();
  });
});
