import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mcpServer } from '../../src/commands/mcpServer.ts';
import { streamRepair } from '../../src/commands/streamRepair.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import type { JsonObject } from '../../src/events/eventStore.ts';
import { mcpServerEvents } from '../../src/events/mcpServer.ts';
import { streamRepairEvents } from '../../src/events/streamRepair.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { CONTEXT, openWorld, SETTINGS, type World } from './longHistory.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const load = ({ handler }: World, name: string) => handler.load(mcpServer, mcpServerEvents, name);

async function hidden(name: string): Promise<string | undefined> {
  const [row] = await database.db.query<{ visibility: string }>(
    sql`select visibility from hidden_streams where stream = ${`mcpServer-${name}`}`,
  );
  return row?.visibility;
}

async function append({ store }: World, stream: string, type: string, data: JsonObject, metadata: JsonObject = {}) {
  const id = randomUUID();
  const length = (await Array.fromAsync(store.readStream(stream))).length;
  await store.append(stream, length === 0 ? 'no-stream' : length - 1, [{ id, type, data, metadata }]);
  return id;
}

describe('a stream is not decided on [events-whole-history]', () => {
  it('that lacks its beginning or has a gap, and every gateway is told [events-whole-history]', async () => {
    const world = openWorld(database);
    for (const [name, at] of [
      ['cut', 0],
      ['gap', 1],
    ] as const) {
      await world.grow(name, 3);
      const events = world.history.streams.get(`mcpServer-${name}`)!;
      const [lost] = events.splice(at, 1);
      await expect(world.handle(name, { type: 'Disable' })).rejects.toMatchObject({
        code: 'stream-hidden',
        message: expect.stringContaining(`mcpServer-${name}@${at} is not there`),
      });
      expect(await hidden(name)).toBe('hidden');
      events.splice(at, 0, lost!);
      await expect(load(world, name)).resolves.toMatchObject({ revision: 3 });
      expect(await hidden(name)).toBeUndefined();
    }
  });

  it('and shows as hidden until the store that the tables are of shows it whole', async () => {
    const world = openWorld(database);
    await world.grow('older', 2);
    await database.db.query(sql`insert into hidden_streams (stream, visibility) values ('mcpServer-older', 'hidden')`);
    // An older copy has it whole, and answers nothing that commands may rely on (verifiedStore.ts).
    const behind = new Unavailable('event-store-behind', 'It is an older copy.');
    const older = { ...world.store, visibility: () => Promise.reject(behind) };
    const { load: loadOlder } = openWorld(database, { store: older }).handler;
    await expect(loadOlder(mcpServer, mcpServerEvents, 'older')).rejects.toBe(behind);
    expect(await hidden('older')).toBe('hidden');
    await load(world, 'older');
    expect(await hidden('older')).toBeUndefined();
  });

  it('and one that a stranger has ended with a hash that can’t be stored is', async () => {
    const world = openWorld(database);
    for (const [i, hash] of ['\0', '\ud800', 'x'.repeat(1_048_000)].entries()) {
      const name = `noted-${i}`;
      await world.grow(name, 0);
      await append(world, `mcpServer-${name}`, 'Noted', {});
      Object.assign(world.history.events.at(-1)!, { metadata: JSON.stringify({ hash }) });
      await expect(world.handle(name, { type: 'Disable' })).resolves.toMatchObject({ revision: 2 });
    }
  });

  it('that the read tables know and the store does not show, while one that nobody knows may begin [events-whole-history]', async () => {
    const world = openWorld(database);
    await database.db.query(sql`
      insert into stream_heads (stream, revision, hash, position) values ('mcpServer-vanished', 4, '', 9)`);
    await expect(world.handle('vanished', { type: 'Register', settings: SETTINGS })).rejects.toMatchObject({
      code: 'stream-hidden',
      message: expect.stringMatching(/\$maxCount.*docs\/eventstoredb\.md/s),
    });
    expect(await hidden('vanished')).toBe('hidden');
    await expect(world.handle('new', { type: 'Register', settings: SETTINGS })).resolves.toMatchObject({ revision: 0 });
  });

  it('that ends before what the read tables know of it, unless it only takes a moment to be shown [events-whole-history]', async () => {
    const world = openWorld(database);
    await world.grow('shortened', 3);
    await database.db.query(sql`
      insert into stream_heads (stream, revision, hash, position) values ('mcpServer-shortened', 3, '', 4)`);
    const events = world.history.streams.get('mcpServer-shortened')!;
    const last = events.pop()!;
    await expect(world.handle('shortened', { type: 'Disable' })).rejects.toMatchObject({
      code: 'stream-hidden',
      message: expect.stringContaining('it ends at revision 2, and the read tables know it up to 3'),
    });
    const handled = world.handle('shortened', { type: 'Disable' });
    world.eventsRead();
    await expect.poll(() => world.eventsRead()).toBeGreaterThan(0);
    events.push(last);
    await expect(handled).resolves.toMatchObject({ revision: 4 });
  });

  it('that somebody else has begun [events-whole-history]', async () => {
    const world = openWorld(database);
    await append(world, 'mcpServer-theirs', 'OrderPlaced', { amount: 3 });
    await append(world, 'mcpServer-malformed', 'McpServerRegistered', {});
    for (const name of ['theirs', 'malformed']) {
      await expect(world.handle(name, { type: 'Register', settings: SETTINGS })).rejects.toMatchObject({
        code: 'stream-foreign',
        message: expect.stringContaining('EVENT_STORE_PREFIX'),
      });
    }
  });

  it('that holds an event which can’t be read, until that is skipped [events-whole-history] [events-skipped]', async () => {
    const world = openWorld(database);
    await world.grow('poisoned', 0);
    const eventId = await append(world, 'mcpServer-poisoned', 'McpServerUpdated', {});
    await expect(world.handle('poisoned', { type: 'Disable' })).rejects.toMatchObject({
      kind: 'refused',
      code: 'stream-unreadable',
      message: expect.stringContaining('metamcp-cli db skip mcpServer-poisoned@1 --reason'),
    });
    const skip = { type: 'Skip', revision: 1, eventId, eventType: 'McpServerUpdated', reason: 'of no use' } as const;
    await world.handler.handle(streamRepair, streamRepairEvents, 'mcpServer-poisoned', skip, CONTEXT);
    await expect(world.handle('poisoned', { type: 'Disable' })).resolves.toMatchObject({ revision: 2, changed: true });
    expect((await load(world, 'poisoned')).state).toMatchObject({ status: 'disabled', settings: { title: 'first' } });
    // Another event in its place is not the one that somebody looked at.
    const events = world.history.streams.get('mcpServer-poisoned')!;
    events.splice(1, 1, { ...events[1]!, id: randomUUID() });
    await expect(load(world, 'poisoned')).rejects.toMatchObject({ code: 'stream-unreadable' });
  });

  it('that holds an event which no table could take, until that is skipped [events-whole-history]', async () => {
    const world = openWorld(database);
    await world.grow('untakeable', 2);
    await database.db.query(sql`
      insert into unreadable_events (stream, revision, position, type, reason, skipped)
      values ('mcpServer-untakeable', 1, 2, 'McpServerUpdated', 'the table refused it', false)`);
    await expect(load(world, 'untakeable')).rejects.toMatchObject({
      code: 'stream-unreadable',
      message: expect.stringContaining('the table refused it'),
    });
    await database.db.query(sql`update unreadable_events set skipped = true where stream = 'mcpServer-untakeable'`);
    await expect(load(world, 'untakeable')).resolves.toMatchObject({ revision: 2, skipped: true });
  });

  it('but what can’t be read in a repair has never meant anything', async () => {
    const world = openWorld(database);
    await world.grow('repaired', 1);
    await world.handler.handle(
      streamRepair,
      streamRepairEvents,
      'mcpServer-repaired',
      { type: 'Retire', final: false, deks: [] },
      CONTEXT,
    );
    await append(world, 'streamRepair-mcpServer-repaired', 'StreamReinstated', { reason: 5 });
    const { state } = await world.handler.load(streamRepair, streamRepairEvents, 'mcpServer-repaired');
    expect(state.retired).toBe('until reinstated');
  });
});
