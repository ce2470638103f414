import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document } from '../cli/inProcess.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEventStoreCluster } from '../support/eventStoreCluster.ts';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from '../support/eventStoreServer.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { openReadersCli, type ReadersCli } from './readersCli.ts';
import { openReadersShell, type ReadersShell } from './readersShell.ts';
import { shellBlocksOf } from './shellBlocks.ts';

// docs/eventstoredb.md from top to bottom: each block of commands is run where it stands, after what it is for has happened.

const blocks = shellBlocksOf(new URL('../../docs/eventstoredb.md', import.meta.url));
const ran = new Set<number>();
/** Each starts commands of its own, and the server again. */
const LONG_MS = 240_000;
const OPTIONS = ['--enable-atom-pub-over-http'];

if (realServerCommand() === undefined) {
  process.stderr.write('left out: the commands of docs/eventstoredb.md, since TEST_EVENT_STORE_SERVER is not set\n');
}

/** The text of a block, by its number below its heading. */
function block(heading: string, number = 0): string {
  const below = blocks.filter((each) => each.heading === heading);
  const found = below[number];
  if (found === undefined) throw new Error(`docs/eventstoredb.md has no block ${number} below “${heading}”`);
  ran.add(blocks.indexOf(found));
  return found.text;
}

/** Opens a shell that has the page's own names, for a server over TLS. */
function openShell(server: EventStoreServer, database: TestDatabase): Promise<ReadersShell> {
  const names = block('MetaMCP on EventStoreDB');
  return openReadersShell({
    env: { DATABASE_URL: database.url },
    prepare: (script) =>
      `${names}\n${script}`
        .replaceAll('events.example.com:2113', `localhost:${server.port}`)
        .replaceAll('/etc/eventstore/ca.crt', server.caFile!)
        .replaceAll('/var/lib/eventstore', join(server.folder, 'db'))
        .replaceAll('/backup/eventstore', join(server.folder, 'backup')),
  });
}

const onRealServer = describe.skipIf(realServerCommand() === undefined);

onRealServer('docs/eventstoredb.md', { timeout: LONG_MS }, () => {
  let database: TestDatabase;
  let server: EventStoreServer;
  let shell: ReadersShell;
  let cli: ReadersCli;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startEventStoreServer({ storage: 'disk', tls: true, extra: OPTIONS });
    shell = await openShell(server, database);
    cli = await openReadersCli(shell);
  });
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    await shell[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const createKey = async (name: string): Promise<string> => (await cli.run(`keys create --name ${name}`)).id;
  const keyNow = async (key: string): Promise<string> => {
    const { status, fault } = (await cli.run(`keys show ${key}`)) as Document & { fault?: string };
    return fault ?? status;
  };

  test('Rights: a user of its own, whom the grant suffices and nobody else disturbs', async () => {
    await shell.run(block('Rights', 0).split('\nmetadata')[0]!);
    const url = `esdb://metamcp:p%40ss%2Fword@localhost:${server.port}?tlsCAFile=${server.caFile}`;
    const denied = await cli.refusal('keys list', { EVENT_STORE_URL: url });
    expect(denied).toMatchObject({ exit: 3, code: 'event-store-access-denied' });
    expect(denied.message).toMatch(/\$all.*metamcp/);
    await shell.run(block('Rights', 0).slice(block('Rights', 0).indexOf('metadata')));
    await shell.run(block('Rights', 1));
    expect(shell.env['EVENT_STORE_URL']).toBe(url);

    const other = `es() { curl -sSf --cacert /etc/eventstore/ca.crt --user other:other "$@"; }`;
    await shell.run(
      `es "$EVENT_STORE/users/" -H 'Content-Type: application/json' --data '{"loginName":"other","fullName":"Other","password":"other","groups":[]}'`,
    );
    await shell.run(`${other}; metadata mcpServer-other '{"$maxCount": 1}'`);
    await shell.run(block('Rights', 2));
    for (const user of [other, other.replace('other:other', 'metamcp:p@ss/word')]) {
      expect((await shell.attempt(`${user}; metadata mcpServer-other '{"$maxCount": 1}'`)).stderr).toContain('401');
      expect((await shell.attempt(`${user}; es -X DELETE "$EVENT_STORE/streams/mcpServer-other"`)).stderr).toContain(
        '401',
      );
    }
    await cli.run(`servers add wiki --url http://127.0.0.1:9/mcp`);
  });

  test('Back up, Restore: an older copy is told, the loss taken, and a whole copy is taken as it is', async () => {
    const revoked = await createKey('revoked');
    await shell.run(block('Back up'));
    await cli.run(`keys inactivate ${revoked}`);
    const restore = async () => {
      await server.stop();
      await shell.run(block('Restore', 0));
      await server.start(...OPTIONS);
    };
    await restore();
    // Its supervisor has started it twice.
    expect(await readFile(join(server.folder, 'console.log'), 'utf8')).toContain(
      'Truncation successful. Shutting down.',
    );
    expect(await cli.refusal('keys list')).toMatchObject({ exit: 3, code: 'event-store-behind' });
    const refused = await cli.refusal('db rebuild');
    expect(refused.exit).toBe(1);
    expect(refused.message).toContain(`apiKey-${revoked}`);
    await shell.run(block('Restore', 2));
    expect(await keyNow(revoked)).toBe('active');

    // The accepted loss is an event of its own: a copy from now on is whole.
    await rm(join(server.folder, 'db.lost'), { recursive: true });
    await rm(join(server.folder, 'backup'), { recursive: true });
    await shell.run(block('Back up'));
    await restore();
    await shell.run(block('Restore', 1));
  });

  test('Restore: a database that does not belong to the history is named', async () => {
    await using empty = await createTestDatabase();
    expect(await cli.refusal('keys list', { DATABASE_URL: empty.url })).toMatchObject({
      exit: 3,
      code: 'vault-keys-foreign',
    });
    await database.db.query({ text: 'create table saved as table vault_keys', values: [] });
    await database.db.query({ text: 'delete from vault_keys', values: [] });
    expect(await cli.refusal('keys list')).toMatchObject({ code: 'vault-keys-lost' });
    await database.db.query({ text: 'insert into vault_keys table saved', values: [] });
    expect(await cli.verdict()).toBeUndefined();
  });

  test('Deletions: what is hidden is shown, can be made invalid, and comes back', async () => {
    const key = await createKey('hidden');
    const of = (script: string) => script.replaceAll('KEY', key);
    for (const hide of [
      'es -X DELETE "$EVENT_STORE/streams/apiKey-KEY"',
      `metadata apiKey-KEY '{"$maxAge": 1, "$tb": 1}'`,
    ]) {
      await shell.run(of(hide));
      const shown = await shell.run(block('Deletions and their undo', 0));
      expect(shown).toContain('unusable: hidden');
      expect(shown).toContain(`apiKey-${key}`);
      expect(await cli.refusal(`keys access ${key} --scope mcp`)).toMatchObject({ exit: 1, code: 'stream-hidden' });
      expect(await cli.verdict()).toMatchObject({ stream: `apiKey-${key}`, kind: 'hidden' });
      await shell.run(of(block('Deletions and their undo', 1)));
      expect(await keyNow(key)).toBe('active');
    }
    await shell.run(of('es -X DELETE "$EVENT_STORE/streams/apiKey-KEY"'));
    await shell.run(of(block('Deletions and their undo', 4)));
    await shell.run(of(block('Deletions and their undo', 1)));
    expect(await keyNow(key)).not.toBe('active');
    await cli.run(`keys activate ${key}`);
    expect(await keyNow(key)).toBe('active');
    expect(await cli.verdict()).toBeUndefined();
  });

  test('Deletions: a tombstone takes one key, and goes', async () => {
    const key = await createKey('removed');
    await shell.run(`es -X DELETE -H 'ES-HardDelete: true' "$EVENT_STORE/streams/apiKey-${key}"`);
    expect(await cli.refusal(`keys access ${key} --scope mcp`)).toMatchObject({ exit: 1, code: 'stream-removed' });
    expect(await cli.verdict()).toMatchObject({ stream: `apiKey-${key}`, kind: 'deleted' });
    await cli.run(`servers update wiki --title Wiki`);
    await server.stop();
    await server.start(...OPTIONS, '--unsafe-ignore-hard-delete');
    await shell.run(block('Deletions and their undo', 2));
    await server.stop();
    await server.start(...OPTIONS);
    expect((await cli.refusal('db rebuild')).message).toContain(`apiKey-${key}`);
    await shell.run(block('Deletions and their undo', 3));
    expect(await cli.refusal(`keys show ${key}`)).toMatchObject({ exit: 1, code: 'key-not-found' });
  });

  test('Deletions: the stream that tells this history from others', async () => {
    await shell.run('es -X DELETE "$EVENT_STORE/streams/metamcp-store"');
    expect(await cli.refusal('keys list')).toMatchObject({ exit: 3, code: 'event-store-identity-hidden' });
    await shell.run(block('Deletions and their undo', 5));
    await cli.run(`keys list`);
    await shell.run(`es -X DELETE -H 'ES-HardDelete: true' "$EVENT_STORE/streams/metamcp-store"`);
    expect(await cli.refusal('keys list')).toMatchObject({ exit: 3, code: 'event-store-changed' });
    await shell.run(block('Deletions and their undo', 6));
    await cli.run(`keys list`);
  });

  test('Events that can’t be read: one is named, and passed by', async () => {
    await cli.run(`servers add docs --url http://127.0.0.1:9/mcp`);
    // By then, wiki has been changed: its event is put behind that.
    const here = (script: string) =>
      script.replaceAll('mcpServer-wiki', 'mcpServer-docs').replaceAll('show wiki', 'show docs');
    await shell.run(`put mcpServer-docs McpServerUpdated '{}'`);
    const named = await shell.run(here(block("Events that can't be read", 0)));
    expect(named).toContain('unusable');
    expect(named).toContain('db skip mcpServer-docs@1');
    expect(await shell.run('./metamcp-cli servers list')).toContain('unusable: unreadable');
    expect(await cli.refusal('servers update docs --title Docs')).toMatchObject({
      exit: 1,
      code: 'stream-unreadable',
    });
    const skipped = await shell.run(here(block("Events that can't be read", 1)));
    expect(skipped).not.toContain('unusable');
    await cli.run(`servers update docs --title Docs`);
    expect(await cli.verdict()).toBeUndefined();
  });

  test('A store that others use: a prefix keeps two installations apart', async () => {
    await using other = await createTestDatabase();
    const env = { DATABASE_URL: other.url };
    const script = block('A store that others use');
    expect((await shell.attempt(script, env)).code).toBe(0);
    // Only now is the prefix a change.
    expect(await cli.refusal('keys list', { EVENT_STORE_PREFIX: 'metamcp-' })).toMatchObject({
      code: 'event-store-changed',
    });
    await shell.run(`put mcpServer-theirs Something '{}'`);
    expect(await cli.refusal('servers add theirs --url http://127.0.0.1:9/mcp')).toMatchObject({
      code: 'stream-foreign',
    });
    expect(await cli.verdict()).toBeUndefined();
  });

  test('Clusters: the leader hands over, and nothing is lost', async () => {
    await using database = await createTestDatabase();
    await using cluster = await startEventStoreCluster({ tls: true, extra: OPTIONS });
    const leader = await cluster.leader();
    await using shell = await openShell(leader, database);
    await shell.run(`export EVENT_STORE_URL='${cluster.url}'`);
    await using cli = await openReadersCli(shell);
    await cli.run('keys create --name reader');
    const gossip = await shell.run(block('Clusters'));
    expect(gossip).toMatch(/"state": "Leader"/);
    await cluster.certificates!.renew();
    await shell.run(block('Clusters', 1));
    await cli.run('keys create --name other');
    expect(await cli.verdict()).toBeUndefined();
  });

  test('Restore: without the keys of its history, an installation goes on only when told to', async () => {
    await using empty = await createTestDatabase();
    const env = { DATABASE_URL: empty.url };
    expect(await cli.refusal('db rebuild', env)).toMatchObject({ exit: 3, code: 'vault-keys-foreign' });
    await cli.run('db rebuild --accept-loss', env);
    await cli.run('keys create --name fresh', env);
    expect(await cli.verdict(env)).toMatchObject({ kind: 'edited' });
  });

  test('every block was run', () => {
    expect(blocks.filter((_, i) => !ran.has(i))).toEqual([]);
  });
});
