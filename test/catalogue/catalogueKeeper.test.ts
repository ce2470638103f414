import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCatalogueKeeper } from '../../src/catalogue/catalogueKeeper.ts';
import { createCatalogueRefresh } from '../../src/catalogue/catalogueRefresh.ts';
import { createRememberedCatalogues } from '../../src/catalogue/rememberedCatalogues.ts';
import { steadyClock } from '../../src/clock.ts';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { openInvalidations } from '../../src/live/invalidations.ts';
import { createLiveServers } from '../../src/live/liveServers.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { connect } from '../upstream/support/connect.ts';
import { modernScript, result, startScriptedServer } from '../upstream/support/scriptedServer.ts';
import { openCatalogueWorld, type CatalogueWorld } from './catalogueWorld.ts';

let world: CatalogueWorld;
beforeAll(async () => {
  world = await openCatalogueWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A gateway's keeper, and how often it has opened which server. */
async function openKeeper() {
  await using opened = new AsyncDisposableStack();
  const { stores, time } = world;
  const { db, vault } = stores;
  const logger = createLogger('silent');
  const clock = () => Date.now() + time.aheadMs;
  const invalidations = opened.use(openInvalidations({ url: db.url, replica: 'test', logger, clock: steadyClock }));
  await expect.poll(() => invalidations.trusted).toBe(true);
  const servers = opened.use(createLiveServers({ db, vault, invalidations, logger }));
  const remembered = opened.use(createRememberedCatalogues({ db, invalidations }));
  const refresh = createCatalogueRefresh({ db, record: stores.recordCatalogue, clock, steadyClock: clock, logger });
  const asked: string[] = [];
  const keeper = opened.use(
    createCatalogueKeeper({
      db,
      servers,
      remembered,
      refresh,
      async open(server, _era, signal) {
        asked.push(server.name);
        // A program is reached in another way, which is none of this test's.
        return await connect(server.url ?? new URL(server.program?.args[0] ?? ''), { signal });
      },
      clock,
      steadyClock: clock,
      logger,
    }),
  );
  const closing = opened.move();
  return {
    keeper,
    refresh,
    askedFor: (name: string) => asked.filter((one) => one === name).length,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function startServer(tools = ['a']) {
  const state = { tools, hangs: false };
  const server = await startScriptedServer(
    modernScript({
      'server/discover': (seen, response) =>
        result(seen, response, {
          resultType: 'complete',
          supportedVersions: ['2026-07-28'],
          capabilities: { tools: {} },
        }),
      'tools/list': (seen, response) => {
        if (state.hangs) return;
        const items = state.tools.map((name) => ({ name, inputSchema: { type: 'object' } }));
        result(seen, response, { resultType: 'complete', tools: items, cacheScope: 'public', ttlMs: 0 });
      },
    }),
  );
  return Object.assign(server, { state });
}

describe('what a server offers that no client lists', () => {
  test('is asked for once by all gateways, and again when it is old, or announced to be another [catalogue-kept]', async () => {
    await using server = await startServer();
    await using one = await openKeeper();
    await using other = await openKeeper();
    await world.gateway.addServer('unused', server.url.href);
    await one.keeper.keepAll();
    await other.keeper.keepAll();
    expect(await world.history('unused')).toHaveLength(1);
    expect(one.askedFor('unused') + other.askedFor('unused')).toBe(1);
    server.state.tools = ['a', 'b'];
    world.time.aheadMs += 11 * 60_000;
    await Promise.all([one.keeper.keepAll(), other.keeper.keepAll()]);
    expect(await world.history('unused')).toHaveLength(2);
    server.state.tools = ['c'];
    world.time.aheadMs += 11_000;
    one.refresh.changed('unused');
    await expect.poll(() => world.history('unused')).toHaveLength(3);
  });

  test('is asked of a program once, however old it is and whatever it announces [catalogue-kept]', async () => {
    await using server = await startServer();
    await using one = await openKeeper();
    const program = { transport: 'stdio', command: 'node', args: [server.url.href] } as const;
    const settings = { ...DEFAULT_SETTINGS, ...program, args: [...program.args] };
    await world.stores.servers.register('program', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
    await one.keeper.keepAll();
    expect(await world.history('program')).toHaveLength(1);
    world.time.aheadMs += 24 * 3_600_000;
    await one.keeper.keepAll();
    await world.stores.db.query(sql`update remembered_catalogues set outdated = true where server = 'program'`);
    await one.keeper.keepAll();
    expect(one.askedFor('program')).toBe(1);
  });

  test('is not waited for by the other servers, where one is mute or gone, and it is left alone for long [catalogue-kept]', async () => {
    await using mute = await startServer();
    mute.state.hangs = true;
    await using good = await startServer();
    await using one = await openKeeper();
    await world.gateway.addServer('a-mute', mute.url.href);
    await world.gateway.addServer('b-gone', 'http://127.0.0.1:9/mcp');
    await world.gateway.addServer('c-good', good.url.href);
    const kept = one.keeper.keepAll();
    await expect.poll(() => world.history('c-good')).toHaveLength(1);
    await expect.poll(() => one.askedFor('b-gone')).toBe(1);
    await one.keeper.keep('b-gone');
    expect(one.askedFor('b-gone')).toBe(1);
    mute.state.hangs = false;
    await mute[Symbol.asyncDispose]();
    await kept;
  });
});
