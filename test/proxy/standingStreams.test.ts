import { afterEach, describe, expect, test, vi } from 'vitest';
import { sseServer } from './aggregate/sseServer.ts';
import { aggregateWorld, client, server, type AggregateWorld } from './aggregate/world.ts';
import { errorOf, modern, open, type OpenAnswer } from './client.ts';
import type { Answer } from './upstream.ts';

const MAX = 3;

/** Opens its GET stream, or that of a subscription, and leaves it open. */
const stands: Answer = (res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.write(': open\n\n');
};

let world: AggregateWorld;
const opened: OpenAnswer[] = [];
afterEach(async () => {
  for (const stream of opened.splice(0)) stream.abort();
  await world[Symbol.asyncDispose]();
});

async function begin(): Promise<void> {
  world = await aggregateWorld({ limits: { maxStandingPerKey: MAX } });
  await world.add('legacy', server({ era: 'legacy', answers: { GET: stands } }));
  await world.add('modern', server({ era: 'modern', answers: { 'subscriptions/listen': stands } }));
  await world.add('sse', sseServer().answer, { transport: 'sse' });
  await world.add('program', server({ era: 'legacy' }), { transport: 'stdio' });
}

async function openStream(path: string, asked: Parameters<typeof open>[2]): Promise<OpenAnswer> {
  const stream = await open(world.gateway, path, asked);
  opened.push(stream);
  return stream;
}

function listen(path: string): Promise<OpenAnswer> {
  const { message, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } });
  return openStream(path, { headers, body: JSON.stringify(message) });
}

async function initialize(path: string): Promise<OpenAnswer> {
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  return await openStream(path, { body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }) });
}

/** What each kind of stream or session is opened by. */
const KINDS: readonly (readonly [what: string, open: () => Promise<OpenAnswer>])[] = [
  ['GET as bytes', () => openStream('/mcp/legacy', { method: 'GET', headers: { accept: 'text/event-stream' } })],
  ['a subscription as bytes', () => listen('/mcp/modern')],
  ['a session with a server of HTTP+SSE', () => initialize('/mcp/sse')],
  ['a session with a program', () => initialize('/mcp/program')],
  [
    'GET of sessions of /mcp',
    async () => {
      const { headers } = await client(world.gateway, 'legacy', { query: '?servers=legacy' });
      const asked = { method: 'GET', headers: { ...headers, accept: 'text/event-stream' } };
      return await openStream('/mcp?servers=legacy', asked);
    },
  ],
  ['a subscription of /mcp', () => listen('/mcp?servers=modern')],
];

describe('what one key has open at once is bounded, and beyond that refused with the reason', () => {
  test.each(KINDS)('%s [proxy-streams-bounded]', async (_what, openOne) => {
    await begin();
    for (let at = 0; at < MAX; at++) expect((await openOne()).status).toBe(200);
    const refused = await openOne();
    await refused.ended;
    expect(refused.status).toBe(429);
    const { data, message } = errorOf(refused) as {
      data: object;
      message: string;
    };
    expect(data).toMatchObject({ code: 'too-many-streams', maxStreams: MAX });
    expect(message).toMatch(/has 3 streams open at .*, as many as it may/);
  });

  test.each(KINDS.filter(([what]) => !what.startsWith('a session')))(
    '%s that has ended makes room [proxy-streams-bounded]',
    async (_what, openOne) => {
      await begin();
      const streams = [await openOne(), await openOne(), await openOne()];
      streams[0]?.abort();
      await vi.waitUntil(async () => (await openOne()).status === 200);
    },
  );
});
