import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compileNetworks } from '../../src/access/networks.ts';
import { freePort } from '../support/freePort.ts';
import { ask, errorOf, until } from './client.ts';
import { LIST } from './fixture.ts';
import { openGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';
import { openUpstream } from './upstream.ts';
import { server } from './aggregate/world.ts';
import { INITIALIZE } from './messages/world.ts';

const sessionKey = randomBytes(32);
const ENDPOINTS = ['/mcp/own', '/mcp'];

let opened: AsyncDisposableStack;
beforeEach(() => (opened = new AsyncDisposableStack()));
afterEach(() => opened.disposeAsync());

const addressOf = (port: number): string => `http://127.0.0.1:${String(port)}`;

/** A replica with the server `own`, whose state is each session's own. */
async function replica(
  options: TestGatewayOptions & { readonly port: number; readonly url?: string },
): Promise<TestGateway> {
  const { port, url = addressOf(port), limits, ...rest } = options;
  const gateway = opened.use(
    await openGateway({
      sessionKey,
      peer: { port, url },
      limits: { drainMs: 0, peerSilentMs: 200, ...limits },
      ...rest,
    }),
  );
  const upstream = opened.use(await openUpstream(server({ tools: ['x'] })));
  const program = { command: 'none', args: [], cwd: undefined, env: {}, isolation: 'session' as const };
  gateway.servers.set('own', upstream.url, { transport: 'stdio', program });
  return gateway;
}

/** Begins a session, and returns the headers of what goes on in it. */
async function begin(gateway: TestGateway, path: string): Promise<Record<string, string>> {
  const begun = await ask(gateway, path, { body: JSON.stringify(INITIALIZE) });
  expect(begun.status).toBe(200);
  return { 'mcp-session-id': String(begun.headers['mcp-session-id']) };
}

const list = (gateway: TestGateway, path: string, headers: Record<string, string>) =>
  ask(gateway, path, { headers, body: JSON.stringify(LIST) });

/** What takes connections and requests, and answers none; it counts what it got. */
async function silentPeer(port: number): Promise<{ readonly requests: string[]; readonly listening: Server }> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => requests.push(data.toString()));
  }).listen(port, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  opened.defer(() => {
    for (const socket of sockets) socket.destroy();
    listening.close();
  });
  return { requests, listening };
}

describe.each(ENDPOINTS)('a session at %s that lives on another replica', (path) => {
  test('that hangs is answered once that is certain, and at once from then on [proxy-stdio-replicas]', async () => {
    const [port, hangingPort] = [await freePort(), await freePort()];
    const here = await replica({ port });
    // The replica itself says that it is where nothing answers.
    const there = await replica({ port: await freePort(), url: addressOf(hangingPort) });
    const { requests } = await silentPeer(hangingPort);
    const session = await begin(there, path);
    const answer = list(here, path, session);
    await until(() => requests.some((text) => text.startsWith('POST')), 'the request is there');
    // What it answered to last is no proof any more.
    here.advance(5_000);
    const first = await answer;
    expect([first.status, errorOf(first).data]).toEqual([503, { code: 'replica-lost', processed: 'unknown' }]);
    const sent = requests.filter((text) => text.startsWith('POST')).length;
    expect(sent).toBe(1);
    const next = await list(here, path, session);
    expect([next.status, errorOf(next).data?.code]).toEqual([404, 'session-not-found']);
    expect(requests.filter((text) => text.startsWith('POST'))).toHaveLength(sent);
    // A client that begins anew works.
    expect((await list(here, path, await begin(here, path))).status).toBe(200);
  });

  test('is passed on once, whatever addresses the replicas have [proxy-stdio-replicas]', async () => {
    const [a, b, c] = [await freePort(), await freePort(), await freePort()];
    const one = await replica({ port: a });
    // Its address leads to the third one, and that one's to the second.
    const two = await replica({ port: b, url: addressOf(c) });
    const three = await replica({ port: c, url: addressOf(b) });
    for (const [home, others] of [
      [two, [one, three]],
      [three, [one, two]],
    ] as const) {
      const session = await begin(home, path);
      expect((await list(home, path, session)).status).toBe(200);
      // What comes in by a wrong address is not known there, and goes no further.
      expect((await list(others[0], path, session)).status).toBe(404);
    }
  });

  test('is for a key that may be used from its client’s address alone, whatever the client says of itself [limits-client-address]', async () => {
    const [a, b] = [await freePort(), await freePort()];
    const gateways = [await replica({ port: a }), await replica({ port: b })] as const;
    const networks = compileNetworks(['127.0.0.3']);
    for (const { keys } of gateways) keys.change({ keyId: 'key-of-good' }, { networks });
    const from = '127.0.0.3';
    const [here, there] = gateways;
    const begun = await ask(there, path, { from, body: JSON.stringify(INITIALIZE) });
    const session = { 'mcp-session-id': String(begun.headers['mcp-session-id']), 'x-forwarded-for': '198.51.100.1' };
    const body = JSON.stringify(LIST);
    expect((await ask(here, path, { from, headers: session, body })).status).toBe(200);
    const elsewhere = { ...session, 'x-forwarded-for': from, forwarded: `for=${from}` };
    expect((await ask(here, path, { headers: elsewhere, body })).status).toBe(401);
  });

  test('is none where the keys are others, whichever of them is asked [proxy-stdio-replicas]', async () => {
    const [a, b] = [await freePort(), await freePort()];
    const here = await replica({ port: a });
    const strange = await replica({ port: b, sessionKey: randomBytes(32) });
    const ofStranger = await begin(strange, path);
    expect((await list(here, path, ofStranger)).status).toBe(404);
    // One of this installation, at whose address another one is now.
    const before = await replica({ port: await freePort(), url: addressOf(b) });
    const session = await begin(before, path);
    const { length } = strange.events;
    expect((await list(here, path, session)).status).toBe(404);
    // It refuses what it may be sent, and nothing reaches its server.
    expect(strange.events.slice(length).filter(({ outcome }) => outcome !== 'session-not-found')).toEqual([]);
  });

  test('ends there when its client leaves here [proxy-stdio-replicas]', async () => {
    const [a, b] = [await freePort(), await freePort()];
    const [here, there] = [await replica({ port: a }), await replica({ port: b })];
    const session = await begin(there, path);
    const held = there.register.size;
    const gone = new AbortController();
    const stream = await fetch(`${here.url}${path}`, {
      headers: { ...session, authorization: 'Bearer good', accept: 'text/event-stream' },
      signal: gone.signal,
    }).catch(() => undefined);
    if (stream?.status === 200) {
      expect(there.register.size).toBe(held + 1);
      gone.abort();
    }
    await until(() => there.register.size === held, 'the stream has ended');
  });
});
