import { describe, expect, test } from 'vitest';
import { call, open, until, type AskOptions } from './client.ts';
import { fixture, LIST } from './fixture.ts';

const { gatewayTo } = fixture();
const EVENT = 'data: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n';
const KEEP_ALIVE = ': keep-alive\n\n';
const STREAM = { 'Content-Type': 'text/event-stream' };

describe('a silent stream', () => {
  async function streaming(asked: AskOptions = {}) {
    let write: (text: string) => void = () => undefined;
    const setup = await gatewayTo((res) => {
      res.writeHead(200, STREAM).flushHeaders();
      write = (text) => res.write(text);
    });
    const stream = await open(setup.gateway, '/mcp/files', asked);
    return {
      ...setup,
      stream,
      write: (text: string) => {
        write(text);
      },
    };
  }

  test('gets a comment after 15 s, and again [mcp-sse-keep-alive]', async () => {
    const { gateway, stream } = await streaming();
    gateway.advance(14_999);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(stream.text).toBe('');
    gateway.advance(1);
    await until(() => stream.text === KEEP_ALIVE, 'the comment');
    gateway.advance(15_000);
    await until(() => stream.text === KEEP_ALIVE + KEEP_ALIVE, 'the second comment');
    stream.abort();
  });

  test('gets none while it is not silent', async () => {
    const { gateway, stream, write } = await streaming();
    for (let event = 1; event <= 4; event++) {
      gateway.advance(8_000);
      write(EVENT);
      await until(() => stream.text.length >= event * EVENT.length, 'the event');
    }
    expect(stream.text).toBe(EVENT.repeat(4));
    stream.abort();
  });

  test('gets none in the middle of an event that flows [mcp-sse-keep-alive]', async () => {
    const { gateway, stream, write } = await streaming({ body: JSON.stringify(LIST) });
    const begin = `data: {"jsonrpc":"2.0","pad":"${'x'.repeat(100_000)}",\n`;
    write(begin);
    await until(() => stream.text.length === begin.length, 'half an event');
    gateway.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    write('data: "method":"notifications/x"}\n\n');
    await until(() => stream.text.endsWith('}\n\n'), 'the other half');
    expect(stream.text).toBe(`${begin}data: "method":"notifications/x"}\n\n`);
    gateway.advance(15_000);
    await until(() => stream.text.endsWith(KEEP_ALIVE), 'the comment');
    stream.abort();
  });

  test('gets one while the server takes its time over an event, and over what comes of it [mcp-sse-keep-alive]', async () => {
    const { gateway, stream, write, upstream } = await streaming({ body: JSON.stringify(LIST) });
    const pieces = ['da', 'ta: {"jsonrpc":"2.0",\n', 'data: "method":', '"notifications/x"}\n'];
    for (const [index, piece] of pieces.entries()) {
      write(piece);
      gateway.advance(15_000);
      await until(() => stream.text === KEEP_ALIVE.repeat(index + 1), 'the comment');
    }
    write('\n');
    await until(() => stream.text.endsWith(`${pieces.join('')}\n`), 'the event');
    expect(upstream.received).toHaveLength(1);
    stream.abort();
  });

  test('and an answer that is JSON gets none', async () => {
    let end: () => void = () => undefined;
    const { gateway, upstream } = await gatewayTo((res) => {
      end = () =>
        res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
    });
    const answered = call(gateway, 'files', LIST);
    await until(() => upstream.received.length === 1, 'the call arrived');
    gateway.advance(100_000);
    await new Promise((resolve) => setTimeout(resolve, 30));
    end();
    expect((await answered).text).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
  });
});
