import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { feedEventSchema } from '../../src/feed/feedEvent.ts';
import { MAX_WAITING_BYTES } from '../../src/feed/feedReader.ts';
import { call, methodCall } from '../usage/calls.ts';
import { eventsOf, openFeedServer, type FeedServer } from './feedServer.ts';

let server: FeedServer;
beforeEach(async () => {
  server = await openFeedServer();
});
afterEach(() => server[Symbol.asyncDispose]());

/** A slow machine must not fail a test. */
const PATIENT = { timeout: 60_000 };

/** Far more than all buffers between here and a client that does not read can hold. */
const MANY = 200_000;

/** Lets sockets and timers have their turns. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a reader that does not read', () => {
  it('holds a bounded buffer, and is told exactly how much it missed when it reads again [feed-bounded]', async () => {
    const socket = await server.open('/api/v1/events?types=mcp_tool_executed');
    for (let n = 0; n < MANY; n += 1) {
      server.feed.onCall(call({ durationMs: n }));
      if (n % 500 === 0) await turn();
    }
    const [res] = server.answers;
    // One write of all that waited, and the frame around it.
    expect(res?.writableLength).toBeGreaterThan(0);
    expect(res?.writableLength).toBeLessThan(MAX_WAITING_BYTES + 1_024);

    let read = 0;
    let dropped = 0;
    let last = -1;
    for await (const event of eventsOf(socket)) {
      if (event['type'] === 'gap') dropped += Number(event['dropped']);
      if (event['type'] === 'mcp_tool_executed') {
        read += 1;
        const { duration_ms: n } = event['data'] as { duration_ms: number };
        // In order, and what is missing is missing where the gap is.
        expect(n).toBeGreaterThan(last);
        last = n;
      }
      if (dropped > 0 && read + dropped === MANY) break;
    }
    expect(dropped).toBeGreaterThan(MANY / 2);
    server.feed.onCall(call());
  });

  it('is cut after a minute, as every client is [feed-bounded]', async () => {
    const socket = await server.open();
    while (server.answers[0]?.writableNeedDrain !== true) {
      for (let n = 0; n < 1_000; n += 1) server.feed.onCall(call());
      await turn();
    }
    await expect
      .poll(() => {
        server.advance(10_000);
        return server.answers.length;
      }, PATIENT)
      .toBe(0);
    expect(server.observed).toBe(false);
    socket.destroy();
  });

  it('takes nothing from one that does [feed-bounded]', async () => {
    const silent = await server.open('/api/v1/events?types=mcp_tool_executed');
    const reading = await server.open('/api/v1/events?types=mcp_tool_executed');
    const events = eventsOf(reading);
    let seen = 0;
    const reader = (async () => {
      for await (const event of events) if (event['type'] === 'mcp_tool_executed' && ++seen === 20_000) return;
    })();
    for (let n = 0; n < 20_000; n += 1) {
      server.feed.onCall(call());
      if (n % 100 === 0) await turn();
    }
    await reader;
    expect(seen).toBe(20_000);
    silent.destroy();
  });
});

it('a reader that leaves leaves nothing behind [feed-clean-up]', async () => {
  expect(server.observed).toBe(false);
  const sockets = await Promise.all([server.open(), server.open('/api/v1/events/health')]);
  expect([server.observed, server.register.size]).toEqual([true, 2]);
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => [server.observed, server.register.size], PATIENT).toEqual([false, 0]);
});

it('a stop tells the last calls before it ends the feed [feed-drain]', async () => {
  const events = eventsOf(await server.open());
  server.feed.onCall(call());
  const stopped = server.register[Symbol.asyncDispose]();
  const seen: unknown[] = [];
  for await (const { type, data } of events) {
    seen.push(type);
    if (type !== 'error') continue;
    expect(data).toEqual({ code: 'gateway-stopping' });
    break;
  }
  await stopped;
  expect(seen).toEqual(['heartbeat', 'mcp_server_started', 'mcp_tool_executed', 'error']);
});

it('readers of the health share one look at it [feed-health]', async () => {
  const sockets = [];
  for (let n = 0; n < 5; n += 1) sockets.push(await server.open('/api/v1/events/health'));
  for (const socket of sockets) {
    for await (const event of eventsOf(socket)) if (event['type'] === 'system_health') break;
  }
  expect(server.looks).toBe(1);
});

describe('what is told', () => {
  async function told(happen: () => void, count: number): Promise<Record<string, unknown>[]> {
    const events = eventsOf(await server.open());
    await events.next();
    happen();
    const found: Record<string, unknown>[] = [];
    while (found.length < count) {
      const { value } = (await events.next()) as { value: Record<string, unknown> };
      expect(feedEventSchema.parse(value)).toEqual(value);
      found.push(value);
    }
    return found;
  }

  it('of a server: that it answers, that it is gone, that it is back; nothing of one that nobody calls [feed-events]', async () => {
    const events = await told(() => {
      server.feed.onCall(methodCall('ping'));
      server.feed.onCall(methodCall('ping'));
      server.feed.onCall(methodCall('ping', { outcome: 'upstream-timeout', status: 504 }));
      server.feed.onCall(methodCall('ping', { outcome: 'upstream-unreachable', status: 502 }));
      server.feed.onCall(methodCall('ping'));
      server.servers.set('github', 'http://127.0.0.1:9/', { enabled: false });
      server.servers.set('files', 'http://127.0.0.1:9/', { enabled: false });
    }, 11);
    expect(events.filter(({ type }) => String(type).startsWith('mcp_server'))).toMatchObject([
      { type: 'mcp_server_started', server: 'github', data: { reason: 'answered' } },
      { type: 'mcp_server_stopped', server: 'github', data: { reason: 'upstream-unreachable' } },
      { type: 'mcp_server_started', server: 'github', data: { reason: 'answered' } },
      { type: 'mcp_server_stopped', server: 'github', data: { reason: 'disabled' } },
    ]);
  });

  it('of changes: what changed, or that so much did that all must be read again [feed-events]', async () => {
    const events = await told(() => {
      void server.change({ keys: ['k1', 'k2'], created: ['k2'], roles: ['engineering'], servers: ['github'] });
      void server.change({ all: true });
    }, 5);
    expect(events).toMatchObject([
      { type: 'key_changed', key: 'k1', data: {} },
      { type: 'key_changed', key: 'k2', data: { created: true } },
      { type: 'role_changed', role: 'engineering' },
      { type: 'server_changed', server: 'github' },
      { type: 'gap', dropped: 0, data: { reason: 'changes-unknown' } },
    ]);
  });

  it('of each change: which event of the history it is [feed-events]', async () => {
    const key = '0190a1b2-0000-7000-8000-000000000001';
    const names = [`apiKey-${key}@0`, `apiKey-${key}@1`, 'mcpCatalogue-github@7', 'nonsense', 'apiKey-x@-1'];
    const events = await told(() => {
      void server.change({ keys: [key], created: [key], servers: ['github', 'files'], events: names });
    }, 4);
    expect(events.map(({ data }) => data)).toEqual([
      { created: true, stream: `apiKey-${key}`, revision: 0 },
      { stream: `apiKey-${key}`, revision: 1 },
      { stream: 'mcpCatalogue-github', revision: 7 },
      {},
    ]);
  });

  it('of names: no more than anyone reads [feed-bounded]', async () => {
    const [, event] = await told(() => server.feed.onCall(call({ tool: 'x'.repeat(1_000_000) })), 2);
    expect(event).toMatchObject({ type: 'mcp_tool_executed' });
    expect(JSON.stringify(event).length).toBeLessThan(1_000);
  });
});
