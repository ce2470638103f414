import { expect, it } from 'vitest';
import { hashOf } from '../../src/events/hashChain.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { listStreamHeads } from '../../src/projections/tables/streamHeads.ts';
import { startTestGateway, TEST_CONTEXT } from '../support/testGateway.ts';

it('every event verifies as stored, after shredding too [events-chained] [events-chain-outlives-shredding]', async () => {
  await using gateway = await startTestGateway();
  const { keys, servers, events, vault, db } = gateway.stores;
  const create = (name: string) =>
    keys.create({ name, scopes: ['mcp'], grants: ['*'], expiresAt: '2100-01-01T00:00:00.000Z' }, TEST_CONTEXT);
  const [kept, deleted] = [await create('kept – größer 日本'), await create('deleted')];
  await keys.inactivate(kept.id, 'a "reason" with \u2028 and 👩‍👩‍👧', TEST_CONTEXT);
  await keys.remove(deleted.id, undefined, TEST_CONTEXT);
  const settings = {
    transport: 'http' as const,
    url: 'http://127.0.0.1:9/mcp',
    isolation: 'session' as const,
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  };
  await servers.register('s', { settings, secrets: { headers: { A: 'b' }, env: {} } }, TEST_CONTEXT);
  await servers.remove('s', 'gone', TEST_CONTEXT);

  const chainKey = await vault.systemKey('chain');
  const heads = new Map<string, { revision: number; hash: string }>();
  for await (const event of events.readAll()) {
    const before = heads.get(event.stream);
    expect(event.revision).toBe((before?.revision ?? -1) + 1);
    expect(event.metadata['prev']).toBe(before?.hash ?? '');
    const hash = hashOf(chainKey, event);
    expect(event.metadata['hash']).toBe(hash);
    heads.set(event.stream, { revision: event.revision, hash });
  }
  expect([...heads.values()].map(({ revision }) => revision)).toEqual([1, 1, 1]);
  // What the read side keeps, to tell a stream that was cut off.
  const read = await listStreamHeads(db, { limit: 9 });
  expect(new Map(read.map(({ stream, revision, hash }) => [stream, { revision, hash }]))).toEqual(heads);
});
