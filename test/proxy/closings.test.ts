import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { randomOf, type Random } from '../faults/random.ts';
import { ask, call, errorOf, until } from './client.ts';
import {
  afterAnswer,
  afterRequests,
  atRandom,
  openClosingServer,
  resetAfterAnswer,
  type Closing,
  type ClosingServer,
} from './closingServer.ts';
import { fixture } from './fixture.ts';
import { openGateway, type TestGateway } from './gateway.ts';

const { use } = fixture();
const CALLS = 600;

async function setUp(closing: Closing): Promise<{ gateway: TestGateway; server: ClosingServer }> {
  const server = use(await openClosingServer(closing));
  const gateway = use(await openGateway({ limits: { drainMs: 0 } }));
  gateway.servers.set('files', server.url);
  return { gateway, server };
}

const add = (id: number | string, args: object = {}) => {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'add', arguments: args } };
};

/** Runs `CALLS` calls from so many callers, each waiting for its answer before it calls again. */
async function run(callers: number, one: (id: number) => Promise<number>): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let id = 0;
  const caller = async () => {
    while (id < CALLS) {
      const status = await one(++id);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return statuses;
}

describe('a server that closes connections without a word', () => {
  test.for([
    ['right after each answer', 1, () => afterAnswer(() => 0)],
    ['right after each answer', 32, () => afterAnswer(() => 0)],
    ['within 3 ms of each answer', 1, (random: Random) => afterAnswer(() => random.below(4))],
    ['within 3 ms of each answer', 32, (random: Random) => afterAnswer(() => random.below(4))],
    ['by a reset within 3 ms of each answer', 1, (random: Random) => resetAfterAnswer(() => random.below(4))],
    ['by a reset within 3 ms of each answer', 32, (random: Random) => resetAfterAnswer(() => random.below(4))],
    ['after 20 answers', 32, () => afterRequests(20)],
  ] as const)('%s loses a handful of 600 tool calls of %i callers at most [proxy-resend-unprocessed]', async (row) => {
    const [, callers, closing] = row;
    const { gateway, server } = await setUp(closing(randomOf(1)));
    const statuses = await run(callers, async (id) => (await call(gateway, 'files', add(id))).status);
    expect([...statuses.keys()].every((status) => status === 200 || status === 502)).toBe(true);
    expect(statuses.get(502) ?? 0).toBeLessThanOrEqual(8);
    expect(Math.max(...server.arrivals.values())).toBe(1);
  });

  test.for([1, 2, 3])(
    'at random gets no tool call twice, and answers every list, seed %i [proxy-no-call-twice]',
    async (seed) => {
      const { gateway, server } = await setUp(atRandom(randomOf(seed), 0.04));
      const statuses = await run(16, async (id) => {
        const message = id % 2 === 0 ? add(id) : { jsonrpc: '2.0', id, method: 'tools/list' };
        const { status } = await call(gateway, 'files', message);
        return id % 2 === 0 ? status : status * 1_000;
      });
      expect(statuses.get(200_000)).toBe(CALLS / 2);
      const calls = [...server.arrivals].filter(([key]) => key.startsWith('tools/call'));
      expect(calls.filter(([, times]) => times > 1)).toEqual([]);
    },
  );
});

describe('a request whose connection is lost before any byte of an answer', () => {
  /** Loses each request the first time that it arrives. */
  const losesFirst = (): Closing => {
    const seen = new Set<string>();
    return ({ socket, key, answer }) => {
      if (seen.has(key)) answer();
      else {
        seen.add(key);
        socket.end();
      }
    };
  };

  test.for([
    'initialize',
    'ping',
    'tools/list',
    'prompts/list',
    'prompts/get',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'resources/subscribe',
    'resources/unsubscribe',
    'completion/complete',
    'logging/setLevel',
  ])('is sent again: %s [proxy-resend-repeatable]', async (method) => {
    const { gateway, server } = await setUp(losesFirst());
    expect((await call(gateway, 'files', { jsonrpc: '2.0', id: 'a', method })).status).toBe(200);
    expect(server.arrivals.get(`${method} a`)).toBe(2);
  });

  test.for(['notifications/initialized', 'notifications/cancelled'])('is sent again: %s', async (method) => {
    const { gateway } = await setUp(losesFirst());
    expect((await call(gateway, 'files', { jsonrpc: '2.0', method })).status).toBe(202);
  });

  test('is sent again: a response, GET and DELETE', async () => {
    const { gateway, server } = await setUp(losesFirst());
    expect((await call(gateway, 'files', { jsonrpc: '2.0', id: 1, result: {} })).status).toBe(202);
    expect(server.arrivals.get('POST 1')).toBe(2);
    await ask(gateway, '/mcp/files');
    await ask(gateway, '/mcp/files', { method: 'DELETE' });
    expect([server.arrivals.get('GET undefined'), server.arrivals.get('DELETE undefined')]).toEqual([2, 2]);
  });

  test.for(['tools/call', 'notifications/progress', 'x/unknown'])(
    'is not sent again, and the error says so: %s [proxy-no-call-twice]',
    async (method) => {
      const { gateway, server } = await setUp(losesFirst());
      const answered = await call(gateway, 'files', { jsonrpc: '2.0', id: 'a', method, params: { name: 'add' } });
      expect(answered.status).toBe(502);
      expect(errorOf(answered)).toMatchObject({
        id: 'a',
        message: expect.stringContaining('whether the call was processed is not known') as string,
        data: { code: 'upstream-reset', processed: 'unknown' },
      });
      expect(server.arrivals.get(`${method} a`)).toBe(1);
    },
  );

  test('is sent three times at most', async () => {
    const { gateway, server } = await setUp(({ socket }) => {
      socket.resetAndDestroy();
    });
    const answered = await call(gateway, 'files', { jsonrpc: '2.0', id: 'a', method: 'tools/list' });
    expect(errorOf(answered).data).toMatchObject({ code: 'upstream-reset', processed: 'unknown' });
    expect(server.arrivals.get('tools/list a')).toBe(3);
  });

  test('is not sent again once a byte of an answer has come', async () => {
    const { gateway, server } = await setUp(({ socket }) => {
      socket.end('HTTP/1.1 2');
    });
    const answered = await call(gateway, 'files', { jsonrpc: '2.0', id: 'a', method: 'tools/list' });
    expect(answered.status).toBe(502);
    expect(server.arrivals.get('tools/list a')).toBe(1);
  });

  test('is not sent again when its client has left', async () => {
    const { gateway, server } = await setUp(() => undefined);
    const abort = new AbortController();
    const headers = { authorization: 'Bearer good', 'content-type': 'application/json', accept: '*/*' };
    const message = JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'tools/list' });
    const asked = fetch(`${gateway.url}/mcp/files`, { method: 'POST', headers, body: message, signal: abort.signal });
    await until(() => server.arrivals.size === 1, 'the request arrives');
    abort.abort();
    await expect(asked).rejects.toThrow();
    await until(() => gateway.events.length === 1, 'the exchange ends');
    expect(server.arrivals.get('tools/list a')).toBe(1);
  });
});

test('a call that finds no connection was not processed, and says so [proxy-no-call-twice]', async () => {
  const server = await openClosingServer(({ answer }) => {
    answer();
  });
  await server[Symbol.asyncDispose]();
  const gateway = use(await openGateway({ limits: { drainMs: 0 } }));
  gateway.servers.set('files', server.url);
  const answered = await call(gateway, 'files', add(1));
  expect(errorOf(answered).data).toMatchObject({ code: 'upstream-unreachable', processed: false });
});

test('a call does not wait behind the rest of a request that was answered before it was sent', async () => {
  const sockets: Socket[] = [];
  // It refuses by the head, and reads no more of what was refused.
  const server = createServer((socket) => {
    const isFirst = sockets.push(socket) === 1;
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (isFirst) socket.pause();
      const body = isFirst ? '' : JSON.stringify({ jsonrpc: '2.0', id: 2, result: {} });
      const status = isFirst ? '413 Content Too Large' : '200 OK';
      const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n`;
      socket.write(head + body);
    });
  });
  use({
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const gateway = use(await openGateway({ limits: { drainMs: 0 } }));
  gateway.servers.set('files', `http://127.0.0.1:${String(port)}/mcp`);
  const large = { ...add(1), params: { name: 'add', arguments: { text: 'x'.repeat(15_000_000) } } };
  expect((await call(gateway, 'files', large)).status).toBe(413);
  expect((await call(gateway, 'files', add(2))).status).toBe(200);
  expect(sockets).toHaveLength(2);
});

test('a connection whose answer was another request’s is not used again, lest each answer goes to the next caller', async () => {
  // From its second answer on, each connection answers the request before.
  const { gateway, server } = await setUp(({ socket, nth, answer }) => {
    if (nth === 2) {
      const stale = JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} });
      const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${String(stale.length)}\r\n\r\n`;
      socket.write(head + stale);
    } else answer();
  });
  const statuses: number[] = [];
  for (const id of [1, 2, 3]) statuses.push((await call(gateway, 'files', add(id))).status);
  expect([statuses, server.connections]).toEqual([[200, 502, 200], 2]);
});
