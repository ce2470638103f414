import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { heapBytes } from '../../support/heapBytes.ts';
import { ask, call, open, until } from '../client.ts';
import { LIST } from '../fixture.ts';
import type { TestGateway } from '../gateway.ts';
import { INITIALIZE } from '../messages/world.ts';
import type { Answer } from '../upstream.ts';
import { sseServer } from './sseServer.ts';
import { aggregateWorld, client, server, textOf } from './world.ts';

const IDLE_MS = 31 * 60_000;
const SESSIONS = 500;

/** What one session may leave of memory, in bytes: less than the least that would be left of one that is not forgotten. */
const LEFT_BYTES = 2_048;

/** Lets the idle time pass, and waits until nothing is held. */
async function becomeIdle(gateway: TestGateway): Promise<void> {
  await until(() => {
    // Again: who has left only now is idle from now on.
    gateway.advance(IDLE_MS);
    return gateway.register.size === 0;
  }, 'nothing is held');
}

describe('sessions that were opened and abandoned', () => {
  test('500 of /mcp leave no memory once they are idle [aggregate-sessions-idle]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    const a = await world.add('a', server({ tools: ['x'] }));
    async function round(): Promise<number> {
      for (let at = 0; at < SESSIONS; at += 50) {
        const some = await Promise.all(Array.from({ length: 50 }, () => client(gateway, 'legacy')));
        expect(textOf(await some[0]!.ask('tools/call', { name: 'a__x' }))).toBe('x');
        await some[1]!.ask('tools/list');
      }
      await becomeIdle(gateway);
      a.received.length = 0;
      gateway.events.length = 0;
      return heapBytes();
    }
    // What is made once is there after the first round: code, connections, pools.
    await round();
    const before = await round();
    const after = await round();
    expect(after - before).toBeLessThan(SESSIONS * LEFT_BYTES);
  });

  test.each(['/mcp/sse', '/mcp'])(
    'at %s leave no stream at a server of HTTP+SSE [aggregate-sessions-idle]',
    async (path) => {
      await using world = await aggregateWorld();
      const { gateway } = world;
      const { answer, streams } = sseServer();
      await world.add('sse', answer, { transport: 'sse' });
      const tool = path === '/mcp' ? 'sse__x' : 'x';
      const useTool = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool } };
      const sessions = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const begun = await ask(gateway, path, { body: JSON.stringify(INITIALIZE) });
          const headers = { 'mcp-session-id': String(begun.headers['mcp-session-id']) };
          expect((await ask(gateway, path, { headers, body: JSON.stringify(useTool) })).text).toContain('"text":"x"');
          return headers;
        }),
      );
      expect(streams.size).toBeGreaterThanOrEqual(50);
      // Some clients leave in the middle of a stream, and some streams are lost.
      const listening = await Promise.all(
        sessions.slice(0, 10).map((headers) => open(gateway, path, { method: 'GET', headers })),
      );
      for (const stream of listening) stream.abort();
      await Promise.all(listening.map(({ ended }) => ended));
      for (const res of [...streams.values()].slice(20, 30)) res.destroy();
      await becomeIdle(gateway);
      await until(() => streams.size === 0, 'no stream is open');
    },
  );

  test('leave nothing of what their clients asked for and did not wait for [aggregate-sessions-idle]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    const waiting = new Set<ServerResponse>();
    const hang: Answer = (res) => {
      waiting.add(res);
      res.on('close', () => waiting.delete(res));
    };
    await world.add('a', server({ tools: ['x'], answers: { 'tools/call': hang } }));
    const sessions = await Promise.all(Array.from({ length: 20 }, () => client(gateway, 'legacy')));
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__x' } });
    const asked = sessions.map(({ headers }) => {
      const gone = new AbortController();
      const answer = fetch(`${gateway.url}/mcp`, {
        method: 'POST',
        headers: {
          ...(headers as Record<string, string>),
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body,
        signal: gone.signal,
      });
      answer.catch(() => undefined);
      return gone;
    });
    await until(() => waiting.size === 20, 'all calls are at the server');
    for (const gone of asked) gone.abort();
    await Promise.all(sessions.map(({ headers }) => ask(gateway, '/mcp', { method: 'DELETE', headers })));
    await until(() => waiting.size === 0 && gateway.register.size === 0, 'nothing is left');
    expect((await call(gateway, '', LIST, sessions[0]!.headers)).status).toBe(404);
  });
});
