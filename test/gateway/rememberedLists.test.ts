import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLogger } from '../../src/logging/logger.ts';
import { startGateway } from '../../src/gateway.ts';
import { mcpCatalogueStream } from '../../src/events/mcpCatalogue.ts';
import { sql } from '../../src/postgres/sql.ts';
import { EVERYTHING_PROGRAM } from '../support/everythingServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { open } from '../proxy/client.ts';
import { client, namesOf, server, type AggregateClient, type Answered, type Offer } from '../proxy/aggregate/world.ts';
import { openUpstream, parseCall } from '../proxy/upstream.ts';
import { addProgram } from './stdio/world.ts';

let gateway: TestGateway;
let apiKey: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  ({ apiKey } = await gateway.createKey());
});
afterAll(() => gateway[Symbol.asyncDispose]());

const failuresOf = ({ result }: Answered): unknown =>
  (result?.['_meta'] as Record<string, unknown> | undefined)?.['metamcp/servers'];

/** Registers a server that is up until it is disposed of. */
async function add(name: string, offer: Offer) {
  const upstream = await openUpstream(server(offer));
  await gateway.addServer(name, upstream.url);
  return upstream;
}

/** A client of one server of the aggregate. */
async function of(
  name: string,
  era: 'legacy' | 'modern',
  { url = gateway.url, token = apiKey, capabilities = {} } = {},
): Promise<AggregateClient> {
  return await client({ url }, era, {
    query: `?servers=${name}`,
    token,
    capabilities,
    // A later one takes up answers that take long by another request.
    protocolVersion: '2025-06-18',
  });
}

/** What the history says of a server's catalogue. */
async function recorded(name: string) {
  return await Array.fromAsync(gateway.stores.events.readStream(mcpCatalogueStream(name)));
}

/** Starts another gateway on the same stores, which has reached no server. */
async function startReplica() {
  const { settings, stores } = gateway;
  return await startGateway({ settings: { ...settings, port: 0 }, stores, logger: createLogger('error') });
}

describe.each(['legacy', 'modern'] as const)('the lists of a %s server that is down', (era) => {
  test('are those that it gave last, also after a restart and on a replica that never reached it, with its state [aggregate-last-known-shared]', async () => {
    const name = `down-${era}`;
    const capabilities = { tools: {}, prompts: {} };
    const prompts = { prompts: [{ name: 'greet' }], resultType: 'complete', ttlMs: 0, cacheScope: 'public' };
    const upstream = await add(name, {
      era,
      tools: ['search'],
      capabilities,
      answers: {
        'prompts/list': (res, { body }) => {
          res.writeHead(200, { 'content-type': 'application/json' });
          res.end(JSON.stringify({ jsonrpc: '2.0', id: parseCall(body).id, result: prompts }));
        },
      },
    });
    const before = await of(name, era);
    // Tools only: a client need not ask for all lists.
    expect(namesOf(await before.ask('tools/list'))).toEqual([`${name}__search`]);
    await expect.poll(() => recorded(name)).toHaveLength(1);
    await upstream[Symbol.asyncDispose]();
    await gateway.restart();
    await using replica = await startReplica();
    for (const { url } of [gateway, replica]) {
      const after = await of(name, era, { url });
      const listed = await after.ask('tools/list');
      expect(namesOf(listed)).toEqual([`${name}__search`]);
      expect(failuresOf(listed)).toEqual({ [name]: 'upstream-unreachable' });
      expect(namesOf(await after.ask('prompts/list'), 'prompts')).toEqual([`${name}__greet`]);
    }
  });
});

test('a client gets what was offered to others, where nothing was to clients like it [aggregate-last-known-shared]', async () => {
  const upstream = await add('kinds', { tools: ['search'] });
  const rich = await of('kinds', 'legacy', { capabilities: { roots: {}, sampling: {} } });
  await rich.ask('tools/list');
  await expect.poll(() => recorded('kinds')).toHaveLength(1);
  await upstream[Symbol.asyncDispose]();
  await gateway.restart();
  const plain = await of('kinds', 'legacy');
  const listed = await plain.ask('tools/list');
  expect(namesOf(listed)).toEqual(['kinds__search']);
  expect(failuresOf(listed)).toEqual({ kinds: 'upstream-unreachable' });
});

test('what a server gave before its settings changed is not given after [aggregate-last-known-shared]', async () => {
  const upstream = await add('moved', { tools: ['search'] });
  await (await of('moved', 'legacy')).ask('tools/list');
  await expect.poll(() => recorded('moved')).toHaveLength(1);
  await upstream[Symbol.asyncDispose]();
  await gateway.stores.servers.update(
    'moved',
    ({ settings, secrets }) => ({ settings: { ...settings, url: 'http://127.0.0.1:9/mcp' }, secrets }),
    TEST_CONTEXT,
  );
  const listed = await (await of('moved', 'legacy')).ask('tools/list');
  expect([namesOf(listed), failuresOf(listed)]).toEqual([[], { moved: 'upstream-unreachable' }]);
});

describe('that its lists have changed, which a server sends', () => {
  test.each(['/mcp/PLACE', '/mcp?servers=PLACE'])(
    'on the stream of a client at %s, has them read at once [catalogue-announced]',
    async (path) => {
      const name = path.includes('?') ? 'told-of-many' : 'told-of-one';
      const tools = ['first'];
      const streams: ServerResponse[] = [];
      await using _upstream = await add(name, {
        tools,
        capabilities: { tools: { listChanged: true } },
        answers: {
          GET(res) {
            res.writeHead(200, { 'content-type': 'text/event-stream' });
            res.flushHeaders();
            streams.push(res);
          },
        },
      });
      const many = await of(name, 'legacy');
      await many.ask('tools/list');
      await expect.poll(() => recorded(name)).toHaveLength(1);
      const place = path.replace('PLACE', name);
      const me = await client(gateway, 'legacy', { query: place.slice('/mcp'.length), token: apiKey });
      const stream = await open(gateway, place, { headers: me.headers });
      await expect.poll(() => streams.length).toBeGreaterThan(0);
      tools.push('second');
      streams[0]?.write('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
      await expect.poll(() => recorded(name)).toHaveLength(2);
      expect((await recorded(name))[1]?.data).toMatchObject({ lists: { tools: { added: [{ key: 'second' }] } } });
      stream.abort();
    },
  );

  test('by a program, is noted though nobody listens [catalogue-announced]', async () => {
    const { db } = gateway.stores;
    await addProgram(gateway, 'everything', { command: process.execPath, args: [EVERYTHING_PROGRAM, 'stdio'] });
    await (await of('everything', 'legacy')).ask('tools/list');
    await expect.poll(() => recorded('everything')).not.toEqual([]);
    await db.query(sql`update remembered_catalogues set outdated = false where server = 'everything'`);
    // This one sends it to a client of this kind as soon as the session has begun.
    const me = await client(gateway, 'legacy', { query: '/everything', token: apiKey, capabilities: { roots: {} } });
    await me.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const outdated = sql`select 1 as one from remembered_catalogues where server = 'everything' and outdated`;
    await expect.poll(() => db.query<{ one: number }>(outdated)).not.toEqual([]);
  });
});
