import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { call, errorOf, modern } from './client.ts';
import { openClosingServer, type Closing, type ClosingServer } from './closingServer.ts';
import { fixture } from './fixture.ts';
import { openGateway, type TestGateway } from './gateway.ts';

const { use } = fixture();

async function gatewayTo(url: string): Promise<TestGateway> {
  const gateway = use(await openGateway({ limits: { drainMs: 0 } }));
  gateway.servers.set('files', url);
  return gateway;
}

async function setUp(closing: Closing): Promise<{ gateway: TestGateway; server: ClosingServer }> {
  const server = use(await openClosingServer(closing));
  return { gateway: await gatewayTo(server.url), server };
}

const closeByFin = (socket: Socket): void => {
  socket.end();
};
const closeByReset = (socket: Socket): void => {
  socket.resetAndDestroy();
};

/** Takes so many bytes of each of its first connections, reads no more, and closes. */
async function openUnreadingServer(
  connections: number,
  bytes: number,
  close: (socket: Socket) => void,
): Promise<AsyncDisposable & { url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const isUnread = sockets.push(socket) <= connections;
    const chunks: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const text = Buffer.concat(chunks).toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (isUnread && text.length >= bytes) {
        socket.pause();
        close(socket);
      }
      if (isUnread || head === -1 || text.length < head + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1])) return;
      bodies.push(text.slice(head + 4));
      const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } });
      const type = 'Content-Type: application/json\r\n';
      socket.end(
        `HTTP/1.1 200 OK\r\n${type}Content-Length: ${String(answer.length)}\r\nConnection: close\r\n\r\n${answer}`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/mcp`,
    bodies,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.for([
  ['a FIN', closeByFin],
  ['a reset', closeByReset],
] as const)(
  'a tool call of which the server took only a part before %s is sent again [proxy-resend-unprocessed]',
  async ([, close]) => {
    const server = use(await openUnreadingServer(2, 4_096, close));
    const gateway = await gatewayTo(server.url);
    // More than the buffers of both ends take.
    const params = { name: 'add', arguments: { text: 'x'.repeat(15 * 1024 * 1024) } };
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    expect((await call(gateway, 'files', message)).status).toBe(200);
    expect(server.bodies).toEqual([JSON.stringify(message)]);
  },
);

describe('a tool call that is lost after the server got it whole', () => {
  /** Loses each call of a tool the first time that it arrives, and lists tools of which one is idempotent, one reads. */
  const server = () => {
    const seen = new Set<string>();
    return setUp(({ socket, key, answer }) => {
      if (!key.startsWith('tools/call') || seen.has(key)) answer();
      else {
        seen.add(key);
        socket.end();
      }
    });
  };
  const named = (name: string, id = 'a') => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });
  const arrivalsOf = ({ arrivals }: ClosingServer, method: string) =>
    [...arrivals].filter(([key]) => key.startsWith(method)).map(([, times]) => times);

  test.for(['set', 'read'])(
    'is sent again when its tool says that it may be: %s [proxy-resend-repeatable]',
    async (name) => {
      const {
        gateway,
        server: { arrivals },
      } = await server();
      expect((await call(gateway, 'files', named(name))).status).toBe(200);
      expect(arrivals.get('tools/call a')).toBe(2);
    },
  );

  test('is sent again in the modern era too, with a list that is asked for as a modern client would', async () => {
    const {
      gateway,
      server: { arrivals },
    } = await server();
    const { message, headers } = modern('tools/call', { name: 'set' }, 'a', { progressToken: 7 });
    expect((await call(gateway, 'files', message, headers)).status).toBe(200);
    expect(arrivals.get('tools/call a')).toBe(2);
  });

  test.for(['add', 'lies', 'unlisted', 'constructor'])(
    'is not when its tool does not: %s [proxy-no-call-twice]',
    async (name) => {
      const {
        gateway,
        server: { arrivals },
      } = await server();
      expect(errorOf(await call(gateway, 'files', named(name))).data).toMatchObject({ processed: 'unknown' });
      expect(arrivals.get('tools/call a')).toBe(1);
    },
  );

  test('is not when the server can’t be asked, and its own error is told', async () => {
    const {
      gateway,
      server: { arrivals },
    } = await setUp(({ socket }) => {
      socket.end();
    });
    const answered = await call(gateway, 'files', named('set'));
    expect(errorOf(answered).data).toMatchObject({ code: 'upstream-reset', processed: 'unknown' });
    expect(arrivals.get('tools/call a')).toBe(1);
  });

  test('is not asked about when it is answered', async () => {
    const { gateway, server: one } = await server();
    const ids = ['a', 'b', 'c', 'd'];
    await Promise.all(ids.map((id) => call(gateway, 'files', named('set', id))));
    const asked = arrivalsOf(one, 'tools/list').length;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(ids.length);
    await Promise.all(ids.map((id) => call(gateway, 'files', named('set', id))));
    expect(arrivalsOf(one, 'tools/list')).toHaveLength(asked);
  });
});
