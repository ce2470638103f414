import { describe, expect, test } from 'vitest';
import { ask, call, messagesOf, modern, until } from './client.ts';
import { chunk, HEAD, LARGE, outcomeOf, PROGRESS, read, result, STREAM } from './eventStreams.ts';
import { fixture, LIST } from './fixture.ts';

const { gatewayTo, gatewayToRaw } = fixture();
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

describe('a stream that breaks', () => {
  test.for([`id: 1\n${PROGRESS}`, `event: message\nid: 1\ndata: {}\n\n`, `event: message\rid:1\rdata: {}\r\r`])(
    'when the client could take it up again, as after %j, looks broken, so that it does [mcp-resume-last-event-id]',
    async (events) => {
      const { gateway } = await gatewayToRaw((socket) => {
        socket.write(CHUNKED + chunk(events), () => socket.destroy());
      });
      const answered = await call(gateway, 'files', LIST);
      expect(answered.complete).toBe(false);
      expect(answered.text).toBe(events);
    },
  );

  test.for([
    `data: {"method":"x","id":1}\n\n`,
    `data: "\\nid:"\n\n`,
    `event: id:1\ndata: id:1\n\n`,
    `xid:1\ndata: {}\n\n`,
  ])(
    'after events without an id, such as %j, ends with an error: nobody could take it up [proxy-half-never-whole]',
    async (events) => {
      const { gateway } = await gatewayToRaw((socket) => {
        socket.write(CHUNKED + chunk(events), () => socket.destroy());
      });
      const answered = await call(gateway, 'files', LIST);
      expect(answered.complete).toBe(true);
      expect(answered.text.slice(0, events.length)).toBe(events);
      expect(answered.text.slice(events.length)).toContain('"code":"upstream-truncated"');
    },
  );
});

describe('a stream that a client can take up again', () => {
  const withId = (id: string, data: string): string => `id: ${id}\ndata: ${data}\n\n`;
  const notification = JSON.stringify({ jsonrpc: '2.0', method: 'x' });

  /** Gives the pieces one by one, each when the one before has surely gone. */
  async function broken(
    pieces: readonly string[],
    how: 'cut' | 'ended' = 'cut',
    asked = { message: LIST as object, headers: {} },
  ) {
    const setup = await gatewayToRaw((socket) => {
      socket.setNoDelay();
      socket.write(CHUNKED);
      const rest = [...pieces];
      const next = (): void => {
        const piece = rest.shift();
        if (piece !== undefined) socket.write(chunk(piece), () => setImmediate(next));
        else if (how === 'ended') socket.end('0\r\n\r\n');
        else socket.destroy();
      };
      next();
    });
    return { ...setup, answered: await call(setup.gateway, 'files', asked.message, asked.headers) };
  }

  test.for([
    ['that begins with a comment', [': hi\n\n', withId('1', notification)]],
    ['whose first event has none', [PROGRESS, withId('1', notification)]],
    ['in two pieces', [': hi\n\ni', 'd: 1\nda', `ta: ${notification}\n\n`]],
    ['on an event without a message', ['id: 1\nretry: 10\ndata: \n\n', PROGRESS]],
    ['and then half an event', [withId('1', notification), 'id: 2\ndata: {"jsonrpc":"2.0","id":1,"res']],
    ['and then half an event that is large', [withId('1', notification), `data: {"id":1,"result":"${LARGE}`]],
  ] as const)('because of an id %s looks broken when it is cut [mcp-resume-last-event-id]', async ([, pieces]) => {
    const setup = await broken(pieces);
    expect(setup.answered.complete).toBe(false);
    expect(await outcomeOf(setup)).toBe('upstream-truncated');
  });

  test.for([
    ['never was one', [': id: 1\n\n', PROGRESS, 'event: id\ndata: {"id":"id: 1"}\n\n']],
    ['was one until an empty id', [withId('1', notification), withId('', notification)]],
    ['would be one after an event that never ended', [PROGRESS, `id: 1\ndata: {"jsonrpc":`]],
    ['has an id that is none', [`id: a\0b\ndata: ${notification}\n\n`]],
  ] as const)('%s is completed with an error when it is cut [proxy-one-id-one-answer]', async ([, pieces]) => {
    const setup = await broken(pieces);
    expect(setup.answered.complete).toBe(true);
    expect(read(setup.answered).at(-1)).toMatchObject({ id: 1, error: { data: { code: 'upstream-truncated' } } });
  });

  test('ends as the server ends it, to be taken up again [mcp-resume-last-event-id]', async () => {
    const pieces = ['id: 1\nretry: 10\ndata: \n\n', PROGRESS];
    const setup = await broken(pieces, 'ended');
    expect(setup.answered.complete).toBe(true);
    expect(setup.answered.text).toBe(pieces.join(''));
    expect(await outcomeOf(setup)).toBe('ok');
  });

  test('is not one without ids: when the server ends it without an answer, there is an error [proxy-one-id-one-answer]', async () => {
    const setup = await broken([PROGRESS, `event: other\ndata: ${JSON.stringify(result(1))}\n\n`], 'ended');
    expect(read(setup.answered).at(-1)).toMatchObject({ id: 1, error: { data: { code: 'upstream-truncated' } } });
    expect(await outcomeOf(setup)).toBe('upstream-truncated');
  });

  test.for(['cut', 'ended'] as const)(
    'does not exist since MCP 2026-07-28: one that is %s has an error [proxy-one-id-one-answer]',
    async (how) => {
      const setup = await broken([withId('1', notification)], how, modern('tools/list'));
      expect(setup.answered.complete).toBe(true);
      expect(read(setup.answered).at(-1)).toMatchObject({ id: 1, error: { data: { code: 'upstream-truncated' } } });
    },
  );

  test('has its answer on the stream that the client opens, once, and no place is kept [mcp-resume-last-event-id]', async () => {
    const { gateway, upstream } = await gatewayTo((res, { method }) => {
      res.writeHead(200, STREAM);
      if (method === 'GET') res.end(withId('2', JSON.stringify(result(1))));
      else res.write(withId('1', notification), () => setImmediate(() => res.destroy()));
    });
    gateway.servers.set('files', upstream.url, { limits: { maxInFlight: 1 } });
    for (let round = 0; round < 3; round++) {
      const first = await call(gateway, 'files', LIST);
      expect(first.complete).toBe(false);
      await until(() => gateway.register.size === 0, 'the place is free');
      const resumed = await ask(gateway, '/mcp/files', { headers: { 'last-event-id': '1' } });
      expect(messagesOf(first.text + resumed.text)).toEqual([{ jsonrpc: '2.0', method: 'x' }, result(1)]);
    }
    expect(upstream.received.map(({ method }) => method)).toEqual(Array(3).fill(['POST', 'GET']).flat());
  });
});
