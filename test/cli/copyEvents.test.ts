import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { cliFixture } from './cliFixture.ts';

// How users outgrow one machine: the events move from Postgres into EventStoreDB, and back.

let server: WireServer;
const cli = cliFixture();
/** The same installation, configured for EventStoreDB. */
let moved: { env: { EVENT_STORE_URL: string } };

beforeAll(async () => {
  server = await openWireServer({ systemTraffic: true });
  moved = { env: { EVENT_STORE_URL: server.url } };
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const nameKeys = async (options = {}) => (await cli.list(['keys', 'list'], options)).map(({ name }) => name);
const done = { code: 0, stderr: '' };

it('a history moves into EventStoreDB and back, and an installation never goes on with the wrong store [events-copy] [projections-store-changed]', async () => {
  for (const name of ['a', 'b']) await cli.run(['keys', 'create', '--name', name]);
  await cli.run(['servers', 'add', 's', '--url', 'http://127.0.0.1:9/mcp', '--header', 'X-Secret: hidden']);

  // Configured too early: nothing is read from the empty store, let alone made of it.
  const early = await cli.json(['keys', 'list'], moved);
  expect(early).toMatchObject({ code: 3, document: { error: { code: 'event-store-changed' } } });

  const copy = ['db', 'copy-events', '--from', 'postgres', '--to', 'eventstoredb'];
  expect(await cli.json(copy, moved)).toMatchObject({ ...done, document: { events: 3, copied: 3 } });
  expect(await cli.json(copy, moved)).toMatchObject({ ...done, document: { events: 3, copied: 0 } });
  expect((await cli.json(['keys', 'list'], moved)).document.error.code).toBe('event-store-changed');

  expect(await cli.json(['db', 'rebuild'], moved)).toMatchObject(done);
  expect(await nameKeys(moved)).toEqual(['a', 'b']);
  expect(await cli.json(['audit', 'verify'], moved)).toMatchObject({ ...done, document: { ok: true, events: 3 } });
  await cli.run(['keys', 'create', '--name', 'c'], moved);
  expect(await nameKeys(moved)).toEqual(['a', 'b', 'c']);

  // Somebody who was forgotten still starts with the old setting.
  expect((await cli.json(['keys', 'create', '--name', 'lost'])).document.error.code).toBe('event-store-changed');

  const back = ['db', 'copy-events', '--from', 'eventstoredb', '--to', 'postgres'];
  expect(await cli.json(back, moved)).toMatchObject({ ...done, document: { events: 4, copied: 1 } });
  expect(await cli.json(['db', 'rebuild'])).toMatchObject(done);
  expect(await nameKeys()).toEqual(['a', 'b', 'c']);
  expect(await cli.json(['audit', 'verify'])).toMatchObject({ ...done, document: { ok: true, events: 4 } });
  const history = await cli.list(['audit', 'tail', '-n', '9']);
  expect(history.map(({ type }) => type)).toEqual([
    'ApiKeyCreated',
    'ApiKeyCreated',
    'McpServerRegistered',
    'ApiKeyCreated',
  ]);
});

it('copying says what is wrong with a store that it can’t use', async () => {
  const copy = (from: string, to: string, options = {}) =>
    cli.json(['db', 'copy-events', '--from', from, '--to', to], options);
  expect(await copy('postgres', 'eventstoredb')).toMatchObject({
    code: 2,
    document: { error: { code: 'event-store-unknown' } },
  });
  expect(await copy('mysql://x', 'postgres')).toMatchObject({
    code: 2,
    document: { error: { code: 'event-store-unknown' } },
  });
  expect(await copy('postgres', 'postgres')).toMatchObject({
    code: 1,
    document: { error: { code: 'copy-to-itself' } },
  });
  expect(await copy('postgres', 'esdb://127.0.0.1:1?tls=false')).toMatchObject({
    code: 3,
    document: { error: { code: 'event-store-unavailable' } },
  });
  const text = (await cli.run(['db', 'copy-events', '--from', 'esdb://u:hunter2@x?tls=maybe', '--to', 'postgres']))
    .stderr;
  expect(text).toContain('EVENT_STORE_URL');
  expect(text).not.toContain('hunter2');
});
