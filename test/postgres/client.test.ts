import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openConnection } from '../../src/postgres/connection.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { makeCertificate } from '../support/eventStoreDb/certificate.ts';
import { openFakePostgres, READY, REQUESTS } from './fakePostgres.ts';

const PASSWORD = 'a-password-of-ours';
const refused = { kind: 'unavailable', code: 'database-authentication-refused' };

const urlOf = (port: number, parameters = ''): string =>
  `postgresql://metamcp:${PASSWORD}@127.0.0.1:${String(port)}/metamcp${parameters}`;

/** Both ways in which the product connects. */
const ways: [string, (url: string) => Promise<unknown>][] = [
  [
    'a pool',
    async (url) => {
      await using db = openDatabase({ url, applicationName: 'test', queryTimeoutMs: 300 });
      return await db.query<{ one: number }>(sql`select 1 as one`);
    },
  ],
  [
    'a connection of its own',
    async (url) => {
      await using connection = await openConnection({ url, applicationName: 'test', connectTimeoutMs: 300 });
      return await connection.query<{ one: number }>(sql`select 1 as one`);
    },
  ],
];

describe.each(ways)('%s', (_, connect) => {
  test.each([
    ['the password in clear text', REQUESTS['clear text'], '', 'require_auth=password'],
    ['the password in clear text', REQUESTS['clear text'], '?require_auth=scram-sha-256', 'require_auth'],
    ['the password in clear text', REQUESTS['clear text'], '?require_auth=!password', 'require_auth'],
    ['the password in clear text', REQUESTS['clear text'], '?require_auth=!md5', 'require_auth=password'],
    ['the password’s MD5 hash', REQUESTS.MD5, '?require_auth=scram-sha-256', 'require_auth'],
    ['the password’s MD5 hash', REQUESTS.MD5, '?require_auth=!password,!md5', 'require_auth'],
    ['nothing', REQUESTS.ok, '?require_auth=scram-sha-256', 'pg_hba.conf'],
    ['nothing', REQUESTS.ok, '?require_auth=!none', 'pg_hba.conf'],
    ['a SCRAM proof', REQUESTS.SCRAM, '?require_auth=none', 'require_auth'],
    ['a SCRAM proof, and is content without it', Buffer.concat([REQUESTS.SCRAM, REQUESTS.ok, READY]), '', 'proven'],
    [
      'a SCRAM proof, and then for clear text',
      Buffer.concat([REQUESTS.SCRAM, REQUESTS['clear text']]),
      '',
      'clear text',
    ],
  ])(
    'tells no password to a server that asks for %s (%#) [ops-password-kept]',
    async (_what, answer, parameters, remedy) => {
      await using server = await openFakePostgres(Buffer.from(answer));
      await expect(connect(urlOf(server.port, parameters))).rejects.toMatchObject({
        ...refused,
        message: expect.stringContaining(remedy),
      });
      await server.gone;
      expect(server.received().includes(PASSWORD)).toBe(false);
      // Not a hash of it either: no answer at all, or the SCRAM exchange's first message, which holds a random number.
      expect(server.received().toString('latin1')).toMatch(/^($|p.{4}SCRAM-SHA-256\0.{4}n,,n=\*,r=[\w+/=]+$)/s);
    },
  );

  test.each([
    ['clear text', REQUESTS['clear text'], '?require_auth=password', PASSWORD],
    ['clear text', REQUESTS['clear text'], '?require_auth=md5,password', PASSWORD],
    ['MD5', REQUESTS.MD5, '', 'md5'],
    ['MD5', REQUESTS.MD5, '?require_auth=!password', 'md5'],
  ])('answers a server that asks for %s where the URL allows it: %#', async (_what, answer, parameters, sent) => {
    await using server = await openFakePostgres(answer);
    await expect(connect(urlOf(server.port, parameters))).rejects.toMatchObject({ code: 'database-unavailable' });
    await server.gone;
    expect(server.received().includes(sent)).toBe(true);
  });

  test('ends with a sentence, not a fault, where it has no password to tell', async () => {
    await using server = await openFakePostgres(REQUESTS['clear text']);
    const url = new URL(urlOf(server.port, '?require_auth=password'));
    url.password = '';
    await expect(connect(url.href)).rejects.toMatchObject({ ...refused, message: expect.stringContaining('has none') });
  });
});

test.each(['kerberos', 'password,!md5', 'password,', '!'])(
  'require_auth=%s is refused with what it may be',
  async (value) => {
    const open = openConnection({ url: urlOf(1, `?require_auth=${value}`), applicationName: 'test' });
    await expect(open).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('scram-sha-256'),
    });
  },
);

describe('by TLS', () => {
  const { certificate, key } = makeCertificate();
  const folder = mkdtempSync(join(tmpdir(), 'metamcp certificate '));
  const authority = join(folder, 'authority.pem');
  writeFileSync(authority, certificate);
  afterAll(() => rmSync(folder, { recursive: true }));

  async function sentTo(parameters: string): Promise<boolean> {
    await using server = await openFakePostgres(REQUESTS['clear text'], { tls: { cert: certificate, key } });
    await expect(
      openConnection({ url: urlOf(server.port, parameters), applicationName: 'test', connectTimeoutMs: 1_000 }),
    ).rejects.toThrow();
    await server.gone;
    return server.received().includes(PASSWORD);
  }

  test('a server with a good certificate may have the password in clear text, as managed servers ask for it', async () => {
    expect(await sentTo(`?sslmode=verify-full&sslrootcert=${encodeURIComponent(authority)}`)).toBe(true);
  });

  test('a server whose certificate was not verified may not [ops-password-kept]', async () => {
    expect(await sentTo('?sslmode=no-verify')).toBe(false);
    expect(await sentTo('?sslmode=no-verify&require_auth=password')).toBe(true);
  });
});
