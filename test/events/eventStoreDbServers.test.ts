import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendUntilKnown } from '../../src/events/appendOutcome.ts';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { collect, follow, ids, outOfOrder, newEvents, newStream } from '../contract/eventStoreFixture.ts';
import { openWireCluster } from '../support/eventStoreDb/wireCluster.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';

const logger = createLogger('silent');

describe('a cluster', () => {
  test.each(['discovered from one node', 'named node by node'])(
    '%s changes its leader, loses a node, and loses no event [events-none-lost]',
    async (how) => {
      await using cluster = await openWireCluster({ systemTraffic: true });
      const url = how === 'named node by node' ? cluster.url : cluster.discoverUrl(cluster.nodes[2]);
      await using ours = openEventStoreDb({ url, streams: ['contract-'], logger, readDeadlineMs: 1_000, pollMs: 500 });
      const stream = newStream();
      await using follower = follow(ours, undefined, stream);
      let written = 0;
      const write = async (): Promise<void> => {
        for (let left = 5; left > 0; left -= 1) {
          await appendUntilKnown(ours, stream, written === 0 ? 'no-stream' : written - 1, newEvents(1));
          written += 1;
        }
      };
      await write();
      cluster.changeLeader();
      await write();
      await cluster.leader?.crash();
      cluster.changeLeader();
      await write();
      await follower.reaches(15);
      expect(outOfOrder(follower.events)).toEqual([]);
      expect(ids(await collect(ours.readStream(stream)))).toEqual(ids(follower.events));
    },
  );
});

describe('a server with TLS and users', () => {
  test('is used with its certificate and a user who may', async () => {
    await using secure = await openWireServer({ tls: true });
    await using ours = openEventStoreDb({ url: secure.url, streams: ['contract-'], logger });
    const stream = newStream();
    await ours.append(stream, 'no-stream', newEvents(2));
    expect(await collect(ours.readAll())).toHaveLength(2);
    await using follower = follow(ours, undefined, stream);
    await follower.reaches(2);
  });

  test('is used by the name that it has had since version 25', async () => {
    await using server = await openWireServer();
    await using ours = openEventStoreDb({
      url: server.url.replace('esdb:', 'kurrentdb:'),
      streams: ['contract-'],
      logger,
    });
    await ours.check();
  });

  test('says when the user may not, and never repeats the password', async () => {
    await using secure = await openWireServer({ tls: true });
    const url = secure.urlAs({ name: 'admin', password: 'not-the-password' });
    await using ours = openEventStoreDb({ url, streams: ['contract-'], logger });
    const error: unknown = await ours.check().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'unavailable', code: 'event-store-access-denied' });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('not-the-password');
  });

  test('is used on with the authority of before while the file that names it is being written', async () => {
    await using secure = await openWireServer({ tls: true });
    const [option = '', file = ''] = /tlsCAFile=([^&]*)/.exec(secure.url) ?? [];
    const copy = join(await mkdtemp(join(tmpdir(), 'metamcp-authority-')), 'ca.crt');
    await copyFile(decodeURIComponent(file), copy);
    const url = secure.url.replace(option, `tlsCAFile=${encodeURIComponent(copy)}`);
    await using ours = openEventStoreDb({ url, streams: ['contract-'], logger });
    await ours.check();
    for (const written of ['', '-----BEGIN CERTIFICATE-----\nMIIC']) {
      await writeFile(copy, written);
      secure.cut();
      await ours.check();
    }
    await rm(dirname(copy), { recursive: true });
    secure.cut();
    await ours.check();
  });

  test('is not trusted without its certificate', async () => {
    await using secure = await openWireServer({ tls: true });
    const url = secure.url.replace(/[?&]tlsCAFile=[^&]*/, '');
    await using ours = openEventStoreDb({ url, streams: ['contract-'], logger });
    await expect(ours.check()).rejects.toMatchObject({ kind: 'unavailable', code: 'event-store-unavailable' });
  });
});

test.each([
  ['no connection string', 'esdb://'],
  ['an option that does not exist', 'esdb://admin:hunter2@host:2113?tls=maybe'],
  ['a certificate that is not there', 'esdb://admin:hunter2@host:2113?tlsCAFile=/nowhere.crt'],
  ['the option that breaks appends', 'esdb://admin:hunter2@host:2113?tls=false&throwOnAppendFailure=false'],
])('%s is refused without repeating it', (_what, url) => {
  const opening = (): unknown => openEventStoreDb({ url, streams: [], logger });
  expect(opening).toThrow(expect.objectContaining({ kind: 'invalid', code: 'event-store-url-invalid' }));
  expect(opening).not.toThrow('hunter2');
});
