import { AccessDeniedError } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { collect, numbered, numberedEvents, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
beforeAll(async () => {
  server = await openWireServer({ tls: true });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

test('a client that trusts the certificate and names a user may do everything', async () => {
  await using admin = openClient(server.url);
  await admin.appendToStream('secret', numberedEvents(3));
  expect(await collect(admin.readStream('secret'))).toHaveLength(3);
  expect(await collect(admin.readAll({ maxCount: 1 }))).toHaveLength(1);
  expect(await collect(admin.subscribeToAll(), 3)).toHaveLength(3);
});

test('a client that does not trust the certificate gets nothing', async () => {
  const url = `esdb://admin:changeit@127.0.0.1:${server.port}?tls=true`;
  await using stranger = openClient(url);
  await expect(collect(stranger.readStream('secret'))).rejects.toThrow(/UNAVAILABLE/);
});

test('a client without TLS gets nothing', async () => {
  await using plain = openClient(`esdb://127.0.0.1:${server.port}?tls=false`);
  await expect(collect(plain.readStream('secret'))).rejects.toThrow(/UNAVAILABLE/);
});

describe.each([
  ['a wrong password', { name: 'admin', password: 'wrong' }, /UNAUTHENTICATED/],
  ['an unknown user', { name: 'nobody', password: 'changeit' }, /UNAUTHENTICATED/],
  ['no user', undefined, /PERMISSION_DENIED|^$/],
] as const)('%s', (_who, user, message) => {
  test.each([
    ['append', (client: TestClient) => client.appendToStream('secret', numbered(9))],
    ['read', (client: TestClient) => collect(client.readStream('secret'))],
    ['read all', (client: TestClient) => collect(client.readAll())],
    ['subscribe', (client: TestClient) => collect(client.subscribeToAll())],
    ['delete', (client: TestClient) => client.deleteStream('secret')],
  ])('may not %s', async (_what, act) => {
    await using client = openClient(server.urlAs(user));
    const refused = act(client);
    await expect(refused).rejects.toBeInstanceOf(AccessDeniedError);
    await expect(refused).rejects.toThrow(message);
    expect(server.history.isSoftDeleted('secret')).toBe(false);
  });
});

test('a user who is no administrator may use streams, but not those of the system', async () => {
  await using ops = openClient(server.urlAs({ name: 'ops', password: 'changeit' }));
  await ops.appendToStream('shared', numberedEvents(2));
  expect(await collect(ops.readStream('shared'))).toHaveLength(2);
  await expect(collect(ops.readAll())).rejects.toBeInstanceOf(AccessDeniedError);
  await expect(collect(ops.readStream('$users'))).rejects.toBeInstanceOf(AccessDeniedError);
});

test('a call may name a user of its own', async () => {
  await using nobody = openClient(server.urlAs());
  const credentials = { username: 'admin', password: 'changeit' };
  await nobody.appendToStream('of-a-call', numbered(0), { credentials });
  expect(await collect(nobody.readStream('of-a-call', { credentials }))).toHaveLength(1);
});

test('users can be chosen, and names and passwords hold any character', async () => {
  const users = { 'mètà@mcp': { password: 'p:/?@ä', isAdmin: true } };
  await using own = await openWireServer({ tls: true, users });
  await using client = openClient(own.url);
  await client.appendToStream('own', numbered(0));
  expect(own.history.lastRevision('own')).toBe(0);
});
