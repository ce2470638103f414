import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { Invalid } from '../../src/errors/appError.ts';
import { parseConnectionString } from '../../src/events/eventStoreDb/connectionString.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';

describe('a connection string', () => {
  test('has defaults for all but a host', () => {
    expect(parseConnectionString('esdb://one')).toEqual({
      endpoints: [{ host: 'one', port: 2113 }],
      discovers: false,
      user: undefined,
      tls: {},
      keepAliveIntervalMs: 10_000,
      keepAliveTimeoutMs: 10_000,
      gossipTimeoutMs: 5_000,
      discoveryIntervalMs: 100,
      maxDiscoverAttempts: undefined,
      connectionName: undefined,
      deadlineMs: undefined,
    });
  });

  test('has every option that the client of EventStoreDB documents, in any case', () => {
    const text =
      'kurrentdb+discover://me:p%40ss%3Aw%2Frd@[::1]:1?tls=false&keep_alive-interval=-1&KEEPALIVETIMEOUT=5' +
      '&gossipTimeout=2&discoveryInterval=7&maxDiscoverAttempts=3&connectionName=a%20b&defaultDeadline=400' +
      '&nodePreference=Leader&throwOnAppendFailure=true&tlsVerifyCert=true';
    expect(parseConnectionString(text)).toMatchObject({
      endpoints: [{ host: '[::1]', port: 1 }],
      discovers: true,
      user: { name: 'me', password: 'p@ss:w/rd' },
      tls: undefined,
      keepAliveIntervalMs: undefined,
      keepAliveTimeoutMs: 5,
      gossipTimeoutMs: 2_000,
      discoveryIntervalMs: 7,
      maxDiscoverAttempts: 3,
      connectionName: 'a b',
      deadlineMs: 400,
    });
  });

  test('of several hosts is a cluster’s', () => {
    expect(parseConnectionString('esdb://a:1,b,c:3/?tls=false')).toMatchObject({
      discovers: true,
      endpoints: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2113 },
        { host: 'c', port: 3 },
      ],
    });
  });

  test('names files, which are read', async () => {
    await using server = await openWireServer({ tls: true });
    expect(parseConnectionString(server.url).tls?.ca?.toString()).toContain('BEGIN CERTIFICATE');
    const folder = await mkdtemp(join(tmpdir(), 'url-'));
    await writeFile(join(folder, 'empty.crt'), '');
    const wrong = (): unknown => parseConnectionString(`esdb://h?tlsCAFile=${folder}/empty.crt`);
    expect(wrong).toThrow('tlsCAFile is not a certificate in PEM.');
    const [, ca = ''] = /tlsCAFile=([^&]*)/i.exec(server.url) ?? [];
    const stranger = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    for (const key of ['', 'no key', stranger.privateKey]) {
      await writeFile(join(folder, 'user.key'), key);
      expect(() => parseConnectionString(`esdb://h?userCertFile=${ca}&userKeyFile=${folder}/user.key`)).toThrow(
        'userKeyFile is not the private key of userCertFile',
      );
    }
    await rm(folder, { recursive: true });
  });

  test.each([
    ['no scheme', 'http://host', ''],
    ['no host', 'esdb://', 'A host is'],
    ['an option that does not exist', 'esdb://h?tsl=false', 'The option tsl does not exist.'],
    ['a value that is none', 'esdb://h?tls=maybe', 'tls is true or false.'],
    ['a number that is none', 'esdb://h?gossipTimeout=soon', 'gossipTimeout is a whole number'],
    ['an option without a value', 'esdb://h?tls', 'tls needs a value.'],
    [
      'a certificate that is not there',
      'esdb://h?tlsCAFile=/nowhere.crt',
      'The file that tlsCAFile names can’t be read (there is no such file: ENOENT).',
    ],
    ['a certificate that is not to be verified', 'esdb://h?tlsVerifyCert=false', 'tlsCAFile=/path/to/ca.crt'],
    ['the option that breaks appends', 'esdb://h?throwOnAppendFailure=false', 'Leave throwOnAppendFailure out.'],
    ['a node that may lag behind', 'esdb://h?nodePreference=follower', 'nodePreference can only be leader'],
    ['one half of a client’s certificate', 'esdb://h?userKeyFile=/dev/null', 'belong together'],
    ['a name that no header can hold', 'esdb://h?connectionName=b%C3%BCro', 'not ASCII'],
    ['a user without a password', 'esdb://me@h', 'user:password'],
  ])('with %s is refused, with what to do', (_what, text, remedy) => {
    expect(() => parseConnectionString(text)).toThrow(remedy);
    expect(() => parseConnectionString(text)).toThrow(expect.objectContaining({ code: 'event-store-url-invalid' }));
  });

  test.each([...'@:/?#%'])('with an unescaped %s in the password says what to percent-encode', (character) => {
    const text = `esdb://admin:hunter${character}two!@host:2113?tls=false`;
    expect(() => parseConnectionString(text)).toThrow('Percent-encode');
  });

  test.each(['esdb://admin:1?hunter2', 'esdb://admin:a@b?hunter', 'esdb://admin:1?hunter2=x'])(
    'with a ? in the password and no host, as in %s, repeats nothing of it',
    (text) => {
      expect(() => parseConnectionString(text)).toThrow('One of its options does not exist');
      expect(() => parseConnectionString(text)).not.toThrow('hunter');
    },
  );

  // Text of any kind in the place of a password, before anything that may follow it.
  const rest = fc.constantFrom(
    '@host:2113',
    '@host',
    '',
    '@h?tls=maybe',
    '@h?nonsense=1',
    '@a,b:x',
    '@h?tlsVerifyCert=false',
  );
  property.prop([fc.string({ maxLength: 4 }), fc.string({ maxLength: 4 }), rest])(
    'never repeats a part of the password',
    (before, after, end) => {
      const secret = randomUUID();
      try {
        parseConnectionString(`esdb://admin:${before}${secret}${after}${end}`);
      } catch (error) {
        expect(error).toBeInstanceOf(Invalid);
        const { message, stack, data, cause } = error as Invalid;
        for (const part of secret.split('-')) {
          expect(`${message}${stack}${JSON.stringify(data)}${String(cause)}`).not.toContain(part);
        }
      }
    },
  );
});
