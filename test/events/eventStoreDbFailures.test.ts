import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { jsonEvent } from '@eventstore/db-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppError } from '../../src/errors/appError.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { collect, newEvent, newEvents } from '../contract/eventStoreFixture.ts';
import { openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { makeCertificates } from '../support/eventStoreServer/certificates.ts';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from '../support/eventStoreServer.ts';

const PASSWORD = 'hunter:two@/1';
const streamPrefix = `t${randomBytes(4).toString('hex')}-`;

/** What a refusal proves, asked of a real server. Elections and lost quorums: eventStoreDbElections.test.ts. */
describe.skipIf(realServerCommand() === undefined)('a real server over TLS', () => {
  let server: EventStoreServer;
  let admin: TestClient;
  /** One that has not signed the server's certificate. */
  let otherAuthority: string;
  beforeAll(async () => {
    server = await startEventStoreServer({
      tls: true,
      extra: ['--max-append-event-size=3000', '--max-append-size=5000', '--commit-timeout-ms=500'],
    });
    otherAuthority = (await makeCertificates(join(server.folder, 'other'))).caFile;
    admin = openClient(server.url);
    const user = { loginName: 'metamcp', fullName: 'MetaMCP', password: PASSWORD, groups: [] };
    const made = await server.http('POST', '/users/', JSON.stringify(user));
    expect(made.status).toBe(201);
  });
  afterAll(async () => {
    await admin[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  function open({
    login = `metamcp:${encodeURIComponent(PASSWORD)}@`,
    hosts = `127.0.0.1:${server.port}`,
    ca = server.caFile,
  } = {}): EventStore {
    const query = ca === undefined ? '' : `?tlsCAFile=${encodeURIComponent(ca)}`;
    return openEventStoreDb({
      url: `esdb://${login}${hosts}${query}`,
      streamPrefix,
      streams: ['contract-'],
      logger: createLogger('silent'),
      retryForMs: 500,
    });
  }

  async function failure(call: Promise<unknown>): Promise<AppError> {
    const error: unknown = await call.then(
      () => 'it succeeded',
      (reason: unknown) => reason,
    );
    // Neither in the error nor in what caused it.
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/hunter|two@/);
    return error as AppError;
  }

  test.each([
    ['one event', 1, 3_500, 'at once: 3000 bytes an event (MaxAppendEventSize).'],
    ['all events', 3, 2_500, 'at once: 5000 bytes an append (MaxAppendSize).'],
  ])('refuses %s that its settings find too large, at once and for certain', async (_what, count, bytes, sentence) => {
    await using store = open();
    const events = Array.from({ length: count }, () => newEvent({ text: 'x'.repeat(bytes) }));
    const error = await failure(store.append('contract-large', 'no-stream', events));
    expect(error).toMatchObject({ kind: 'invalid', code: 'append-too-large' });
    expect(error.message).toContain(sentence);
    expect(await store.visibility('contract-large')).toBe('absent');
  });

  test('answers a repetition within the first try as unknown or as the first, and stores it once', async () => {
    await using store = open();
    const events = newEvents(2);
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, async () => store.append('contract-race', 'no-stream', events)),
    );
    for (const attempt of tries) {
      if (attempt.status === 'fulfilled') expect(attempt.value.revision).toBe(1);
      else expect(attempt.reason).toMatchObject({ code: 'append-outcome-unknown' });
    }
    expect(await collect(store.readStream('contract-race'))).toHaveLength(2);
    // Nothing of it says that the connection is of no use.
    expect(store.connection).toBe(0);
  });

  test('says what it refuses, and to whom', async () => {
    const anonymous = open({ login: '' });
    const stranger = open({ login: 'admin:hunter-three@' });
    await using user = open();
    const said = async (call: Promise<unknown>): Promise<unknown> => {
      const { code, message, data } = await failure(call);
      return [code, message, data];
    };
    const denied = 'event-store-access-denied';
    // By default only administrators read $all.
    expect(await said(user.check())).toEqual([
      denied,
      'EventStoreDB refuses reading $all to the user metamcp of EVENT_STORE_URL.',
      { stream: '$all', user: 'metamcp' },
    ]);
    await admin.appendToStream('$$$all', jsonEvent({ type: '$metadata', data: { $acl: { $r: ['metamcp'] } } }));
    await user.check();
    expect(await user.end()).toBeDefined();
    await user.append('contract-a', 'no-stream', newEvents(1));
    expect(await user.visibility('contract-a')).toBe('whole');
    expect(await user.visibility('contract-none')).toBe('absent');
    const name = `${streamPrefix}contract-a`;
    await admin.setStreamMetadata(name, {
      acl: {
        readRoles: ['metamcp'],
        writeRoles: ['$admins'],
        metaReadRoles: ['$admins'],
        metaWriteRoles: ['$admins'],
        deleteRoles: ['$admins'],
      },
    });
    expect(await said(user.append('contract-a', 0, newEvents(1)))).toEqual([
      denied,
      `EventStoreDB refuses writing to the stream ${name} to the user metamcp of EVENT_STORE_URL.`,
      { stream: name, user: 'metamcp' },
    ]);
    // What no user may read of a stream, the log of all still shows: streamVisibility.ts.
    const shut = `${streamPrefix}contract-shut`;
    await user.append('contract-shut', 'no-stream', newEvents(1));
    await admin.appendToStream(`$$${shut}`, jsonEvent({ type: '$metadata', data: { $acl: { $r: '$admins' } } }));
    expect(await said(user.visibility('contract-shut'))).toMatchObject([denied, expect.any(String), { stream: shut }]);
    const entries = await Array.fromAsync(user.scan());
    expect(entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event.stream] : []))).toContain('contract-shut');
    expect(entries).toContainEqual(expect.objectContaining({ kind: 'visibility', stream: 'contract-shut' }));
    expect(await said(anonymous.check())).toEqual([
      denied,
      'EventStoreDB wants a user for reading $all, and EVENT_STORE_URL names none (or has tls=false, without which none is sent).',
      { stream: '$all' },
    ]);
    expect(await said(stranger.check())).toEqual([
      denied,
      'EventStoreDB does not know the user admin of EVENT_STORE_URL, or not with that password (reading $all).',
      { stream: '$all', user: 'admin' },
    ]);
    // Reading is not enough to be well.
    const identity = `${streamPrefix}metamcp-store`;
    await admin.setStreamMetadata(identity, {
      acl: {
        readRoles: ['$all'],
        writeRoles: ['$admins'],
        metaReadRoles: ['$all'],
        metaWriteRoles: ['$admins'],
        deleteRoles: ['$admins'],
      },
    });
    expect(await said(user.check())).toEqual([
      denied,
      `EventStoreDB refuses writing to the stream ${identity} to the user metamcp of EVENT_STORE_URL.`,
      { stream: identity, user: 'metamcp' },
    ]);
    for (const store of [anonymous, stranger]) await store[Symbol.asyncDispose]();
  });

  test.each(['one host', 'several hosts', 'a name to be looked up'])(
    'whose certificate is not trusted is reported with the remedy: %s',
    async (how) => {
      const hosts = {
        'one host': '127.0.0.1',
        'several hosts': '127.0.0.1,localhost',
        'a name to be looked up': 'localhost',
      }[how]!;
      const named = hosts.replace(/(?=,|$)/g, `:${server.port}`);
      for (const ca of ['', otherAuthority]) {
        const query = ca === '' ? '' : `?tlsCAFile=${encodeURIComponent(ca)}`;
        const scheme = how === 'a name to be looked up' ? 'esdb+discover' : 'esdb';
        await using store = openEventStoreDb({
          url: `${scheme}://admin:hunter-four@${named}${query}`,
          streams: [],
          logger: createLogger('silent'),
          retryForMs: 300,
        });
        const error = await failure(store.check());
        expect(error).toMatchObject({ kind: 'unavailable', code: 'event-store-unavailable' });
        expect(error.message).toContain(named.split(',').join(', '));
        expect(error.message).toMatch(
          /certificate is not trusted \(.+\): tlsCAFile must name the authority that signed it/,
        );
      }
    },
  );

  test('is found by its name and by several hosts', async () => {
    for (const hosts of [`localhost:${server.port}`, `127.0.0.1:${server.port},127.0.0.1:1`]) {
      const url = `esdb+discover://admin:changeit@${hosts}?tlsCAFile=${encodeURIComponent(server.caFile!)}`;
      await using store = openEventStoreDb({ url, streams: [], logger: createLogger('silent') });
      await store.check();
    }
  });

  test('that is spoken to without TLS is reported with the remedy', async () => {
    await using store = openEventStoreDb({
      url: `esdb://127.0.0.1:${server.port}?tls=false`,
      streams: [],
      logger: createLogger('silent'),
      retryForMs: 100,
    });
    expect((await failure(store.check())).message).toContain('(tls=false may be wrong)');
  });
});
