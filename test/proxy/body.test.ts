import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, modern } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { echoJson } from './upstream.ts';

const { gatewayTo } = fixture();

describe('the body', () => {
  test.for(['', '{', '{"jsonrpc":"2.0"', 'hello', '\uFEFF{}', '{"a":1}{"a":2}'])(
    '%j is malformed [mcp-malformed-400]',
    async (text) => {
      const { gateway, upstream } = await gatewayTo(echoJson);
      const answered = await ask(gateway, '/mcp/files', { body: text });
      expect(answered.status).toBe(400);
      expect(errorOf(answered)).toMatchObject({ id: null, code: -32_700 });
      expect(upstream.received).toHaveLength(0);
    },
  );

  test.for([
    '1',
    'null',
    '"x"',
    '{}',
    '[]',
    '{"jsonrpc":"1.0","id":1,"method":"x"}',
    '{"jsonrpc":"2.0","id":null,"method":"x"}',
    '{"jsonrpc":"2.0","id":1.5,"method":"x"}',
    '{"jsonrpc":"2.0","id":{},"method":"x"}',
    '{"jsonrpc":"2.0","id":1,"method":7}',
    '{"jsonrpc":"2.0","id":1}',
    '[1]',
    '[{"jsonrpc":"2.0","id":1,"method":"x"},{}]',
  ])('%s is not JSON-RPC [mcp-malformed-400]', async (text) => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const answered = await ask(gateway, '/mcp/files', { body: text });
    expect(answered.status).toBe(400);
    expect(errorOf(answered)).toMatchObject({ id: null, code: -32_600 });
    expect(upstream.received).toHaveLength(0);
  });

  test('a body that declares 64 MiB is refused unread [http-413-bounded]', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const length = 64 * 1024 * 1024;
    const head =
      `POST /mcp/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n` +
      `Accept: application/json, text/event-stream\r\nContent-Length: ${String(length)}\r\n\r\n`;
    const { text, sent } = await pour(gateway.port, head, length);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain('"code":"body-too-large"');
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  test('a body that turns out to be 64 MiB is refused at the bound, and memory does not grow by it [http-413-bounded]', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const head =
      `POST /mcp/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n` +
      `Accept: application/json, text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n4000000\r\n`;
    const before = process.memoryUsage().arrayBuffers;
    const { text, sent } = await pour(gateway.port, head, 64 * 1024 * 1024);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(sent).toBeLessThan(48 * 1024 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(48 * 1024 * 1024);
  });

  test.each([
    ['of a declared length', 'Content-Length: 200000\r\n\r\n', (piece: string) => piece],
    [
      'in chunks',
      'Transfer-Encoding: chunked\r\n\r\n',
      (piece: string) => `${piece.length.toString(16)}\r\n${piece}\r\n`,
    ],
  ])(
    'bodies %s that never end fill no more than a key may have, and one that leaves makes room',
    async (_, framing, frame) => {
      const { gateway } = await gatewayTo(echoJson, { limits: { maxRoomBytesPerKey: 250_000 } });
      const head =
        `POST /mcp/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n` +
        `Accept: application/json, text/event-stream\r\n${framing}`;
      const unfinished = async (): Promise<{ socket: Socket; text: () => string }> => {
        const socket = connect(gateway.port, '127.0.0.1');
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString('latin1'))).on('error', () => undefined);
        socket.write(head + frame(' '.repeat(100_000)));
        return { socket, text: () => text };
      };
      const kept = [await unfinished(), await unfinished()];
      await expect.poll(() => gateway.register.bodyBytes).toBe(200_000);
      const refused = await unfinished();
      await expect.poll(refused.text).toContain('"code":"too-many-bodies"');
      expect(refused.text()).toMatch(/^HTTP\/1\.1 429 /);
      gateway.keys.add('other');
      expect(
        (await call(gateway, 'files', { ...LIST, x: 'y'.repeat(100_000) }, { authorization: 'Bearer other' })).status,
      ).toBe(200);
      for (const { socket } of kept) socket.destroy();
      await expect.poll(() => gateway.register.bodyBytes).toBe(0);
      expect((await call(gateway, 'files', { ...LIST, x: 'y'.repeat(200_000) })).status).toBe(200);
      await expect.poll(() => gateway.register.bodyBytes).toBe(0);
      refused.socket.destroy();
    },
  );

  test.each([
    ['as most are', ''],
    ['that Node’s parser reads', 'Connection: keep-alive, x\r\n'],
  ])(
    'the rest of a body, of a request %s, that was refused while it came is thrown away, and its connection serves the next one',
    async (_, field) => {
      const { gateway } = await gatewayTo(echoJson, { limits: { maxRoomBytesPerKey: 10_000 } });
      const socket = connect(gateway.port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString('latin1'))).on('error', () => undefined);
      socket.write(
        `POST /mcp/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n` +
          `Accept: application/json, text/event-stream\r\n${field}Content-Length: 60000\r\n\r\n${' '.repeat(20_000)}`,
      );
      await expect.poll(() => text).toMatch(/^HTTP\/1\.1 429 /);
      expect(text).toContain('Connection: keep-alive');
      socket.write(' '.repeat(20_000));
      socket.write(`${' '.repeat(20_000)}GET /mcp/files HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await expect.poll(() => text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 429', 'HTTP/1.1 401']);
      socket.destroy();
    },
  );

  test('a body in chunks may fill the bound, and not one byte more [http-413-bounded]', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const bound = 16 * 1024 * 1024;
    const send = async (bytes: number): Promise<string> => {
      const socket = connect(gateway.port, '127.0.0.1');
      const body = JSON.stringify(LIST).padEnd(bytes, ' ');
      const chunks = body.match(/.{1,65000}/g)!.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
      socket.write(
        `POST /mcp/files HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n` +
          `Accept: application/json, text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`,
      );
      socket.on('error', () => undefined);
      const [first] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return first.toString('latin1').split('\r\n', 1)[0]!;
    };
    expect(await send(bound)).toContain(' 200 ');
    expect(upstream.received[0]?.body.length).toBe(bound);
    expect(await send(bound + 1)).toContain(' 413 ');
    expect(upstream.received).toHaveLength(1);
  });

  test('an ordinary client that sends 64 MiB sees the 413', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const answered = await ask(gateway, '/mcp/files', { body: Buffer.alloc(64 * 1024 * 1024, 0x20) });
    expect(answered.status).toBe(413);
  });

  test('errors of the modern era echo the id of the request [mcp-error-echoes-id]', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const { message, headers } = modern('tools/call', { name: 'add' }, 'abc');
    const answered = await call(gateway, 'files', message, { ...headers, 'mcp-name': 'delete' });
    expect(errorOf(answered)).toMatchObject({ id: 'abc', code: -32_020 });
  });
});

/** Sends a head and then as many bytes as the gateway takes. */
function pour(port: number, head: string, length: number): Promise<{ text: string; sent: number }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const piece = Buffer.alloc(256 * 1024, 0x20);
    let text = '';
    let sent = 0;
    const more = (): void => {
      while (sent < length && !socket.destroyed && text === '') {
        sent += piece.length;
        if (!socket.write(piece)) break;
      }
    };
    socket.on('drain', more);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve({ text, sent });
    });
    socket.write(head);
    more();
  });
}
