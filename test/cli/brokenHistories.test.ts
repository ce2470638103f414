import { jsonEvent } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../src/postgres/sql.ts';
import { openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { cliFixture } from './cliFixture.ts';

// What operators and strangers do to our streams in EventStoreDB, and what the commands say then.

const cli = cliFixture();
let client: TestClient;
beforeAll(async () => {
  client = openClient(cli.env['EVENT_STORE_URL'] ?? '');
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
});

const inStore = (stream: string): string => `${cli.env['EVENT_STORE_PREFIX'] ?? ''}${stream}`;

/** A key with two events. */
async function createKey(): Promise<{ id: string; apiKey: string }> {
  const { id, api_key: apiKey } = (await cli.json(['keys', 'create', '--name', 'ci'])).document;
  expect((await cli.run(['keys', 'access', id, '--grant', 'github'])).code).toBe(0);
  return { id, apiKey };
}

async function isGood(apiKey: string): Promise<boolean> {
  return (await cli.run(['keys', 'verify'], { stdin: apiKey })).code === 0;
}

interface Fault {
  readonly stream: string;
  readonly fault: string;
  readonly remedy?: string;
}

async function faultsOf(stream: string): Promise<readonly Fault[]> {
  const { document } = await cli.json(['db', 'status']);
  const { faults } = document as unknown as { faults: readonly Fault[] };
  return faults.filter((each) => each.stream === stream);
}

/** Makes a stream whole again: after a deletion the first metadata hides all that was there before. */
async function undo(stream: string): Promise<void> {
  await client.setStreamMetadata(inStore(stream), {});
  await client.setStreamMetadata(inStore(stream), {});
}

const HIDING: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  'a soft deletion': (name) => client.deleteStream(name),
  $maxCount: (name) => client.setStreamMetadata(name, { maxCount: 1 }),
  $tb: (name) => client.setStreamMetadata(name, { truncateBefore: 1 }),
};

describe.each(Object.keys(HIDING))('while %s hides', (what) => {
  const hide = async (stream: string): Promise<void> => {
    await HIDING[what]!(inStore(stream));
  };

  it('a key, it is refused, can be stopped, and works again when its history is whole [events-whole-history] [events-retired]', async () => {
    const { id, apiKey } = await createKey();
    const stream = `apiKey-${id}`;
    await hide(stream);
    expect((await cli.run(['keys', 'show', id])).stdout).toContain(
      'unusable: the event store hides its history (what to do: metamcp-cli db status)',
    );
    const rotated = await cli.run(['keys', 'rotate', id]);
    expect(rotated).toMatchObject({ code: 1, stdout: '' });
    expect(rotated.stderr).toMatch(
      /does not show the whole history of apiKey-.*\$maxCount.*twice.*docs\/eventstoredb\.md/s,
    );
    expect((await cli.json(['keys', 'access', id, '--grant', '*'])).document.error.code).toBe('stream-hidden');
    expect(await isGood(apiKey)).toBe(false);

    const foreseen = await cli.json(['keys', 'inactivate', id, '--dry-run']);
    expect(foreseen.document).toMatchObject({ would_append: ['StreamRetired'] });
    const stopped = await cli.run(['keys', 'inactivate', id, '--reason', 'lost']);
    expect(stopped).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('works no longer: it is retired'),
    });
    expect(await cli.json(['keys', 'inactivate', id])).toMatchObject({
      code: 0,
      document: { changed: false, retired: true },
    });
    expect(await faultsOf(stream)).toMatchObject([
      { fault: 'hidden', remedy: expect.stringContaining('twice') },
      { fault: 'retired', remedy: `metamcp-cli keys activate ${id.slice(-8)}` },
    ]);
    expect((await cli.json(['keys', 'activate', id])).document.error.code).toBe('stream-hidden');

    await undo(stream);
    expect(await isGood(apiKey)).toBe(false);
    expect((await cli.json(['keys', 'rotate', id])).document.error.code).toBe('stream-retired');
    expect(await cli.json(['keys', 'activate', id])).toMatchObject({ code: 0, document: { changed: true } });
    expect(await isGood(apiKey)).toBe(true);
    expect(await faultsOf(stream)).toEqual([]);

    // What was stored beside its stream happened to the key as well.
    const types = ['ApiKeyCreated', 'ApiKeyAccessChanged', 'StreamRetired', 'StreamReinstated'];
    for (const command of [
      ['audit', 'keys'],
      ['keys', 'show'],
    ]) {
      const { document } = await cli.json([...command, id]);
      const { history } = document as unknown as { history: readonly { type: string }[] };
      expect(history.map(({ type }) => type)).toEqual(types);
      expect((await cli.run([...command, id])).stdout).toMatch(/Retired .*lost.*\n.* Reinstated /);
    }
  });

  it('a server, it is neither changed nor begun anew, and can be removed for good [events-whole-history] [events-retired]', async () => {
    const name = `hidden-${what.replace(/\W+/g, '-').replace(/^-/, '').toLowerCase()}`;
    const stream = `mcpServer-${name}`;
    await cli.run(['servers', 'add', name, '--url', 'http://127.0.0.1:1/mcp', '--header', 'X-Secret: hush']);
    await cli.run(['servers', 'update', name, '--title', 'Hidden']);
    await hide(stream);
    for (const argv of [
      ['servers', 'update', name, '--title', 'New'],
      ['servers', 'add', name, '--url', 'http://127.0.0.1:2/mcp'],
      ['servers', 'enable', name],
    ]) {
      expect(await cli.json(argv)).toMatchObject({ code: 1, document: { error: { code: 'stream-hidden' } } });
    }
    expect((await cli.run(['servers', 'disable', name])).stdout).toContain('is served no longer: it is retired');
    const removed = await cli.run(['servers', 'remove', name, '--confirm']);
    expect(removed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('is retired for good') });
    const keys = await cli.database.db.query<{ id: string }>(sql`select id from vault_keys where subject = ${stream}`);
    expect(keys).toEqual([]);
    await undo(stream);
    for (const argv of [
      ['servers', 'enable', name],
      ['servers', 'update', name, '--title', 'New'],
    ]) {
      expect((await cli.json(argv)).document.error.code).toBe('stream-retired-for-good');
    }
  });
});

it('a tombstone removes its own key only, which can be deleted [events-whole-history] [events-retired]', async () => {
  const buried = await createKey();
  const other = await createKey();
  await client.tombstoneStream(inStore(`apiKey-${buried.id}`));
  expect((await cli.json(['keys', 'rotate', buried.id])).document.error.code).toBe('stream-removed');
  expect(await isGood(buried.apiKey)).toBe(false);
  expect(await isGood(other.apiKey)).toBe(true);
  const deleted = await cli.json(['keys', 'delete', buried.id, '--confirm']);
  expect(deleted).toMatchObject({ code: 0, stderr: '', document: { changed: true, retired: true } });
  expect((await cli.json(['keys', 'activate', buried.id])).document.error.code).toBe('stream-retired-for-good');
  expect((await cli.json(['keys', 'inactivate', other.id])).document).toMatchObject({ changed: true });
  expect((await cli.json(['keys', 'inactivate', other.id])).document).not.toHaveProperty('retired');
  expect(await isGood(other.apiKey)).toBe(false);
});

it('a key whose event can’t be read is stopped, or works again once that is skipped [events-skipped] [events-retired]', async () => {
  const { id, apiKey } = await createKey();
  const stream = `apiKey-${id}`;
  await client.appendToStream(inStore(stream), jsonEvent({ type: 'ApiKeyAccessChanged', data: {} }));
  const refused = await cli.run(['keys', 'access', id, '--grant', '*']);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`metamcp-cli db skip ${stream}@2 --reason`),
  });
  expect(refused.stderr).not.toMatch(/fault in MetaMCP|at .*\.ts/);
  expect(await isGood(apiKey)).toBe(false);
  expect(await faultsOf(stream)).toMatchObject([
    { fault: 'unreadable', revision: 2, remedy: `metamcp-cli db skip ${stream}@2 --reason …` },
  ]);
  expect(await cli.json(['keys', 'inactivate', id])).toMatchObject({ code: 0, document: { retired: true } });

  const codeOf = async (place: string): Promise<string> =>
    (await cli.json(['db', 'skip', place, '--reason', 'x'])).document.error.code;
  expect(await codeOf(`${stream}@1`)).toBe('event-readable');
  expect(await codeOf(`${stream}@9`)).toBe('event-not-found');
  expect(await codeOf('orders-1@0')).toBe('stream-invalid');
  const skipped = await cli.json(['db', 'skip', `${stream}@2`, '--reason', 'written by a script']);
  expect(skipped).toMatchObject({ code: 0, document: { changed: true, type: 'ApiKeyAccessChanged', revision: 2 } });
  expect(await cli.json(['db', 'skip', `${stream}@2`, '--reason', 'again'])).toMatchObject({
    code: 0,
    document: { changed: false },
  });
  expect(await isGood(apiKey)).toBe(false);
  expect(await cli.json(['keys', 'activate', id])).toMatchObject({ code: 0, document: { changed: true } });
  expect(await isGood(apiKey)).toBe(true);
  expect(await cli.run(['keys', 'access', id, '--grant', '*'])).toMatchObject({ code: 0, stderr: '' });
  for (const argv of [
    ['audit', 'keys', id],
    ['keys', 'show', id],
  ]) {
    const { history } = (await cli.json(argv)).document as unknown as { history: readonly { type: string }[] };
    expect(history.map(({ type }) => type)).toEqual([
      ...['ApiKeyCreated', 'ApiKeyAccessChanged', 'StreamRetired', 'EventSkipped', 'StreamReinstated'],
      'ApiKeyAccessChanged',
    ]);
  }
});

it('a key in whose place somebody else’s stream stands can be stopped [events-retired]', async () => {
  const { id } = await createKey();
  // As after a tombstone that was scavenged: the tables know a key, and the store has another stream of its name.
  const lost: string = crypto.randomUUID();
  await cli.database.db.query(sql`update api_keys set id = ${lost}::uuid where id = ${id}::uuid`);
  await cli.database.db.query(
    sql`update stream_heads set stream = ${`apiKey-${lost}`} where stream = ${`apiKey-${id}`}`,
  );
  await client.appendToStream(inStore(`apiKey-${lost}`), jsonEvent({ type: 'OrderPlaced', data: { amount: 3 } }));
  expect((await cli.json(['keys', 'rotate', lost])).document.error.code).toBe('stream-foreign');
  expect(await cli.json(['keys', 'inactivate', lost])).toMatchObject({ code: 0, document: { retired: true } });
  expect(await faultsOf(`apiKey-${lost}`)).toMatchObject([{ fault: 'retired' }]);
});

it('a name that somebody else’s stream has is not taken, and nothing of theirs is skipped [events-whole-history]', async () => {
  await client.appendToStream(inStore('mcpServer-orders'), jsonEvent({ type: 'OrderPlaced', data: { amount: 3 } }));
  const added = await cli.run(['servers', 'add', 'orders', '--url', 'http://127.0.0.1:1/mcp']);
  expect(added).toMatchObject({ code: 1, stderr: expect.stringContaining('EVENT_STORE_PREFIX') });
  const { document } = await cli.json(['db', 'skip', 'mcpServer-orders@0', '--reason', 'x']);
  expect(document.error.code).toBe('stream-foreign');
});
