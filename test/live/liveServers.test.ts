import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LiveServer } from '../../src/live/liveServer.ts';
import { createLiveServers } from '../../src/live/liveServers.ts';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';
import { createVault } from '../../src/vault/vault.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, mcpServerStream } from '../../src/events/mcpServer.ts';
import { uuidV5 } from '../../src/ids.ts';
import { openAuthWorld, type AuthWorld } from '../auth/authWorld.ts';

const HTTP = { transport: 'http', isolation: 'session', limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS } as const;
const URL_TEXT = 'https://example.test/mcp';

let world: AuthWorld;
let servers: ReturnType<typeof createLiveServers>;
beforeAll(async () => {
  world = await openAuthWorld();
  servers = createLiveServers(world);
});
afterAll(async () => {
  servers[Symbol.dispose]();
  await world[Symbol.asyncDispose]();
});

async function seal(name: string, headers: Record<string, string>) {
  const dek = await world.vault.createDek(mcpServerStream(name));
  return world.vault.seal(dek, mcpServerStream(name), { headers, env: { TOKEN: 'of the process' } });
}

describe('a live server', () => {
  test('has its settings and its opened headers, in lower case, and no environment', async () => {
    const sealed = await seal('github', { Authorization: 'Bearer upstream', 'X-Org': 'acme' });
    await world.changeServer('github', 'McpServerRegistered', { ...HTTP, url: URL_TEXT, sealed });
    const server = await servers.find('github');
    expect(server).toEqual({
      name: 'github',
      address: expect.any(String),
      registeredAt: expect.any(String),
      id: uuidV5('github'),
      enabled: true,
      transport: 'http',
      url: new URL(URL_TEXT),
      headers: { authorization: 'Bearer upstream', 'x-org': 'acme' },
      timeouts: DEFAULT_TIMEOUTS,
      limits: DEFAULT_LIMITS,
      revision: 0,
    });
    expect(Object.isFrozen(server)).toBe(true);
    expect(JSON.stringify(server)).not.toContain('of the process');
  });

  test('known to memory is answered at once, without SQL', async () => {
    await world.changeServer('known', 'McpServerRegistered', { ...HTTP, url: URL_TEXT });
    const server = await servers.find('known');
    const statements = world.db.statements;
    expect(servers.find('known')).toBe(server);
    expect(world.db.statements).toBe(statements);
  });

  test('has its name in a list that follows servers as they come and go, without SQL', async () => {
    const heard: string[] = [];
    expect(await servers.names()).not.toContain('coming');
    const stop = servers.onNames(() => heard.push('changed'));
    await world.changeServer('coming', 'McpServerRegistered', { ...HTTP, url: URL_TEXT });
    const statements = world.db.statements;
    expect(servers.names()).toContain('coming');
    expect(servers.names()).toEqual([...(await servers.names())].sort());
    expect(world.db.statements).toBe(statements);
    await world.changeServer('coming', 'McpServerDisabled');
    await world.changeServer('coming', 'McpServerDeleted', { deks: [] });
    expect(servers.names()).not.toContain('coming');
    expect(heard).toEqual(['changed', 'changed']);
    stop();
  });

  test('is not looked for under what can’t be a name', () => {
    const statements = world.db.statements;
    for (const name of ['', '../api', 'Github', '%00', 'a'.repeat(16_000)]) expect(servers.find(name)).toBeUndefined();
    expect(world.db.statements).toBe(statements);
  });

  test('that changes is replaced whole, and listeners are called', async () => {
    const changes: (readonly [string, LiveServer | undefined])[] = [];
    const stop = servers.onChange((name, server) => changes.push([name, server]));
    await world.changeServer('changing', 'McpServerRegistered', { ...HTTP, url: URL_TEXT });
    const before = await servers.find('changing');
    await world.changeServer('changing', 'McpServerDisabled');
    const disabled = servers.find('changing');
    expect(disabled).not.toBe(before);
    expect(disabled).toMatchObject({ enabled: false, revision: 1 });
    await world.changeServer('changing', 'McpServerDeleted', { deks: [] });
    expect(servers.find('changing')).toBeUndefined();
    expect(changes).toEqual([
      ['changing', disabled],
      ['changing', undefined],
    ]);
    stop();
  });

  test('that does not exist is not there, and is once it is registered', async () => {
    expect(await servers.find('later')).toBeUndefined();
    await world.changeServer('later', 'McpServerRegistered', { ...HTTP, url: URL_TEXT });
    expect(await servers.find('later')).toMatchObject({ name: 'later', headers: {} });
  });

  test('of stdio has no URL', async () => {
    await world.changeServer('local', 'McpServerRegistered', { ...HTTP, transport: 'stdio', command: 'server' });
    expect(await servers.find('local')).toMatchObject({ transport: 'stdio', url: undefined });
  });

  test('whose secrets were shredded is gone', async () => {
    const sealed = await seal('shredded', { A: 'b' });
    await world.vault.discard(sealed.dek);
    await world.changeServer('shredded', 'McpServerRegistered', { ...HTTP, url: URL_TEXT, sealed });
    expect(await servers.find('shredded')).toBeUndefined();
  });

  test('whose secrets can’t be opened counts as disabled, and leaves the others alone', async () => {
    const vault = createVault({ db: world.db, masterKeys: parseMasterKeys(randomBytes(32).toString('hex')) });
    using strangers = createLiveServers({ ...world, vault });
    const sealed = await seal('locked', { A: 'b' });
    await world.changeServer('locked', 'McpServerRegistered', { ...HTTP, url: URL_TEXT, sealed });
    expect(await strangers.find('locked')).toMatchObject({ enabled: false, headers: {} });
    // A change of it is taken in: had that failed, the feed would be down, and this would not be confirmed.
    await world.changeServer('locked', 'McpServerDisabled');
    expect(await strangers.find('locked')).toMatchObject({ enabled: false, revision: 1 });
    expect(world.invalidations.trusted).toBe(true);
  });
});
