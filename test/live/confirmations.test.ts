import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { steadyClock } from '../../src/clock.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { acknowledge } from '../../src/live/acknowledgements.ts';
import { listReplicas } from '../../src/live/replicas.ts';
import { openInvalidations, type Invalidations } from '../../src/live/invalidations.ts';
import { openConfirmations, type Confirmations } from '../../src/live/confirmations.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { openTransactionPooler } from '../support/transactionPooler.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { startChild } from '../projections/childProcess.ts';
import { changeKey, keyCreated } from '../projections/history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { silent } from '../projections/readModel.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
let confirmations: Confirmations;
beforeEach(async () => {
  database = await createTestDatabase();
  confirmations = openConfirmations({ url: database.url });
});
afterEach(async () => {
  await confirmations[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function openFeed(replica: string): Promise<Invalidations> {
  const invalidations = openInvalidations({ url: database.url, replica, logger: silent, clock: steadyClock });
  await until('they are trusted', () => invalidations.trusted);
  return invalidations;
}

describe('a confirmation', () => {
  test('waits for none when no replica runs', async () => {
    expect(await confirmations.waitFor(10_000)).toEqual({ confirmed: [], unconfirmed: [] });
  });

  test('comes after every replica has taken the change in [auth-revocation-replicas]', async () => {
    await using one = await openFeed('one');
    await using two = await openFeed('two');
    const store = openMemoryStore();
    const runner = createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent });
    const taken = new Set<string>();
    const slow = Promise.withResolvers<undefined>();
    one.onInvalidation(() => {
      taken.add('one');
    });
    two.onInvalidation(async () => {
      await slow.promise;
      taken.add('two');
    });
    const position = await changeKey(store, crypto.randomUUID(), keyCreated());
    await runner.pump(position);
    expect(await confirmations.waitFor(300)).toEqual({ confirmed: ['one'], unconfirmed: ['two'] });
    expect([...taken]).toEqual(['one']);
    slow.resolve(undefined);
    const { confirmed, unconfirmed } = await confirmations.waitFor(20_000);
    expect([...taken]).toEqual(['one', 'two']);
    expect([...confirmed].sort()).toEqual(['one', 'two']);
    expect(unconfirmed).toEqual([]);
  });

  test('names the replica that does not answer in time [auth-revocation-replicas]', async () => {
    await using _one = await openFeed('one');
    await using child = startChild('replicaProcess.ts', database.url, 'stopped');
    await child.prints('up');
    child.signal('SIGSTOP');
    expect(await confirmations.waitFor(400)).toEqual({ confirmed: ['one'], unconfirmed: ['stopped'] });
    child.signal('SIGCONT');
    const again = await confirmations.waitFor(20_000);
    expect([...again.confirmed].sort()).toEqual(['one', 'stopped']);
  });

  test('does not need the answer of a replica that goes away meanwhile', async () => {
    await using child = startChild('replicaProcess.ts', database.url, 'dying');
    await child.prints('up');
    child.signal('SIGSTOP');
    const waiting = confirmations.waitFor(20_000);
    child.signal('SIGKILL');
    expect(await waiting).toEqual({ confirmed: [], unconfirmed: [] });
  });

  test('waits for a replica that is still reading everything again', async () => {
    await using invalidations = openInvalidations({
      url: database.url,
      replica: 'new',
      logger: silent,
      clock: steadyClock,
    });
    const begun = Promise.withResolvers<undefined>();
    const rereading = Promise.withResolvers<undefined>();
    invalidations.onInvalidation(async () => {
      begun.resolve(undefined);
      await rereading.promise;
    });
    await begun.promise;
    expect(await confirmations.waitFor(300)).toEqual({ confirmed: [], unconfirmed: ['new'] });
    const waiting = confirmations.waitFor(20_000);
    rereading.resolve(undefined);
    expect(await waiting).toEqual({ confirmed: ['new'], unconfirmed: [] });
  });

  test('waits for a replica whose session has ended on the server only until its lease is over [auth-revocation-lease]', async () => {
    await using proxy = await openTcpProxy(database.url);
    await using invalidations = openInvalidations({
      url: proxy.url,
      replica: 'lost',
      logger: silent,
      clock: steadyClock,
    });
    await until('they are trusted', () => invalidations.trusted);
    proxy.freeze();
    await database.db.query({
      text: `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'metamcp-feed lost'`,
      values: [],
    });
    expect(await confirmations.waitFor(400)).toEqual({ confirmed: [], unconfirmed: [] });
    expect(invalidations.trusted).toBe(false);
    // It is forgotten, and the next one does not wait for it.
    expect(await listReplicas(database.db)).toEqual([]);
    proxy.thaw();
  });

  test('is not taken from an acknowledgement of another request [auth-revocation-lease]', async () => {
    await using _one = await openFeed('one');
    await using child = startChild('replicaProcess.ts', database.url, 'stopped');
    await child.prints('up');
    child.signal('SIGSTOP');
    const { id = -1 } = (await listReplicas(database.db)).find(({ replica }) => replica === 'stopped') ?? {};
    const waiting = confirmations.waitFor(400);
    for (let n = 0; n < 50; n += 1) await acknowledge(database.db, { feed: id, question: `another ${String(n)}` });
    expect(await waiting).toEqual({ confirmed: ['one'], unconfirmed: ['stopped'] });
    child.signal('SIGCONT');
  });

  test('names one of two replicas of one name [auth-revocation-lease]', async () => {
    await using _one = await openFeed('same');
    await using child = startChild('replicaProcess.ts', database.url, 'same');
    await child.prints('up');
    child.signal('SIGSTOP');
    expect(await confirmations.waitFor(400)).toEqual({ confirmed: ['same'], unconfirmed: ['same'] });
    child.signal('SIGCONT');
  });

  test('waits for a replica that comes while others are waited for [auth-revocation-lease]', async () => {
    await using child = startChild('replicaProcess.ts', database.url, 'gone');
    await child.prints('up');
    child.signal('SIGKILL');
    await child.exited;
    const waiting = confirmations.waitFor(20_000);
    await using invalidations = openInvalidations({
      url: database.url,
      replica: 'new',
      logger: silent,
      clock: steadyClock,
    });
    await until('they are trusted', () => invalidations.trusted);
    expect(await waiting).toEqual({ confirmed: ['new'], unconfirmed: [] });
  });

  test('does not wait for a replica that has said goodbye [auth-revocation-lease]', async () => {
    const invalidations = await openFeed('polite');
    await invalidations[Symbol.asyncDispose]();
    expect(await listReplicas(database.db)).toEqual([]);
  });

  test('is given to each of many who ask at once', async () => {
    await using _one = await openFeed('one');
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirmations.waitFor(20_000)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['{"confirmed":["one"],"unconfirmed":[]}']),
    );
  });

  test('is given over a new connection when the host behind the old one is gone without a word', async () => {
    await using proxy = await openTcpProxy(database.url);
    await using proxied = openConfirmations({ url: proxy.url });
    await using _one = await openFeed('one');
    await proxied.waitFor(20_000);
    proxy.strand();
    expect(await proxied.waitFor(100)).toEqual({ confirmed: ['one'], unconfirmed: [] });
  });

  test('is refused by way of a pooler in transaction mode [ops-pooler]', async () => {
    await using pooler = await openTransactionPooler(database.url);
    await using pooled = openConfirmations({ url: pooler.url });
    await expect(pooled.waitFor(100)).rejects.toMatchObject({ code: 'database-pooled' });
  });

  test('works again after its connection was lost', async () => {
    await using _one = await openFeed('one');
    await confirmations.waitFor(20_000);
    await database.db.query({
      text: `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'metamcp confirmations'`,
      values: [],
    });
    await until('it confirms again', () =>
      confirmations.waitFor(20_000).then(
        ({ confirmed }) => confirmed.includes('one'),
        () => false,
      ),
    );
  });
});
