import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTransactionPooler } from '../support/transactionPooler.ts';
import { openSurroundings, type Ended, type Settings, type SurroundingsWorld } from './surroundingsWorld.ts';

// What surrounds MetaMCP is not as it should be: each is told in a sentence that says what to do, by the CLI and the gateway.

let world: SurroundingsWorld;
beforeAll(async () => {
  world = await openSurroundings();
});
afterAll(() => world[Symbol.asyncDispose]());

interface Case {
  readonly when: string;
  readonly env: () => Promise<Settings> | Settings;
  readonly code: number;
  /** What the sentence says to do. */
  readonly remedy: RegExp;
  /** (Default: both) */
  readonly only?: 'gateway';
}

const cases: readonly Case[] = [
  {
    when: 'a table of another program has the name of one of ours',
    env: () => world.databaseOf('', 'create table events (n integer)'),
    code: 3,
    remedy: /a database of its own/,
  },
  {
    when: 'another program has a table of its migrations',
    env: () => world.databaseOf('', 'create table schema_migrations (version text)'),
    code: 3,
    remedy: /a database of its own/,
  },
  {
    when: 'another program has a function of a name of ours',
    env: () => world.databaseOf('', 'create view events as select 1 as n'),
    code: 3,
    remedy: /a database of its own/,
  },
  {
    when: 'the role may make no tables',
    env: () => world.as('login'),
    code: 3,
    remedy: /Grant it what it lacks/,
  },
  {
    when: 'the role may have no connection',
    env: () => world.as('login connection limit 0'),
    code: 3,
    remedy: /raise max_connections/,
  },
  {
    when: 'the role may not log in',
    env: () => world.as('nologin'),
    code: 3,
    remedy: /Check user and password/,
  },
  {
    when: 'the database can hold ASCII only',
    env: () => world.databaseOf("encoding 'SQL_ASCII' locale_provider libc locale 'C'"),
    code: 3,
    remedy: /create database metamcp encoding 'UTF8'/,
  },
  {
    when: 'the database can hold Latin 1 only',
    env: () => world.databaseOf("encoding 'LATIN1' locale_provider libc locale 'C'"),
    code: 3,
    remedy: /create database metamcp encoding 'UTF8'/,
  },
  { when: 'the server is too old', env: () => world.olderServer(), code: 3, remedy: /14 or newer/ },
  {
    when: 'a pooler does not keep sessions',
    env: async () => world.at(world.keep(await openTransactionPooler(world.url)).url),
    code: 3,
    remedy: /pooler in session mode/,
  },
  {
    when: 'the password is wrong',
    env: () =>
      world.changed((url) => {
        url.password = 'wrong';
      }),
    code: 3,
    remedy: /Check user and password/,
  },
  {
    when: 'the password is missing',
    env: () =>
      world.changed((url) => {
        url.password = '';
      }),
    code: 3,
    remedy: /password/,
  },
  {
    when: 'there is no such database',
    env: () =>
      world.changed((url) => {
        url.pathname = '/nowhere';
      }),
    code: 3,
    remedy: /correct its name/,
  },
  {
    when: 'the server offers no TLS',
    env: () =>
      world.changed((url) => {
        url.search = '?sslmode=require';
      }),
    code: 3,
    remedy: /take sslmode out/,
  },
  {
    when: 'the certificate of the authority is not there',
    env: () =>
      world.changed((url) => {
        url.search = '?sslmode=verify-full&sslrootcert=/nowhere.pem';
      }),
    code: 3,
    remedy: /Correct its path/,
  },
  {
    when: 'nobody listens',
    env: () => world.at('postgresql://u:p@127.0.0.1:1/d'),
    code: 3,
    remedy: /host and port in DATABASE_URL/,
  },
  {
    when: 'the host of the database has no address',
    env: () => world.at('postgresql://u:p@nobody.invalid/d'),
    code: 3,
    remedy: /host and port in DATABASE_URL/,
  },
  {
    when: 'somebody else than PostgreSQL listens',
    env: async () => {
      const port = await world.listening(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
      return world.at(`postgresql://u:p@127.0.0.1:${port}/d`);
    },
    code: 3,
    remedy: /host and port in DATABASE_URL/,
  },
  { when: 'the URL is of another database', env: () => world.at('mysql://h/d'), code: 2, remedy: /postgresql:\/\// },
  { when: 'the URL is no URL', env: () => world.at('postgresql://u:p%zz@h/d'), code: 2, remedy: /%XX/ },
  {
    when: 'the secrets of a given database are missing',
    env: () => ({ ...world.at(world.url), JWT_SECRET: '' }),
    code: 2,
    remedy: /JWT_SECRET/,
  },
  {
    when: 'ENCRYPTION_KEY is no key',
    env: () => ({ ...world.at(world.url), ENCRYPTION_KEY: 'short' }),
    code: 2,
    remedy: /ENCRYPTION_KEY/,
  },
  {
    when: 'the URL of the event store has a wrong form',
    env: () => ({ ...world.at(world.url), EVENT_STORE_URL: 'http://h' }),
    code: 2,
    remedy: /esdb:\/\//,
  },
  {
    when: 'the URL of the event store has a wrong port',
    env: () => ({ ...world.at(world.url), EVENT_STORE_URL: 'esdb://h:port' }),
    code: 2,
    remedy: /EVENT_STORE_URL|connection string|esdb/,
  },
  { when: '.env is a folder', env: () => world.workingIn('.env', undefined), code: 2, remedy: /\.env/ },
  {
    when: 'metamcp.toml is broken',
    env: () => world.workingIn('metamcp.toml', 'a = [', { METAMCP_CONFIG: 'metamcp.toml' }),
    code: 2,
    remedy: /metamcp\.toml/,
  },
  {
    when: 'metamcp.toml is not there',
    env: () => ({ METAMCP_CONFIG: 'nowhere.toml' }),
    code: 2,
    remedy: /nowhere\.toml/,
  },
  {
    when: 'a setting is unknown',
    env: () => world.workingIn('metamcp.toml', 'colour = 1', { METAMCP_CONFIG: 'metamcp.toml' }),
    code: 2,
    remedy: /colour/,
  },
  {
    when: 'a secret’s file is not there',
    env: () => ({ ...world.at(world.url), JWT_SECRET_FILE: '/nowhere' }),
    code: 2,
    remedy: /\/nowhere/,
  },
  {
    when: 'the state folder is a file',
    env: async () => {
      const { METAMCP_HOME = '' } = await world.home('file', '');
      return { METAMCP_HOME: `${METAMCP_HOME}/file` };
    },
    code: 3,
    remedy: /METAMCP_HOME/,
  },
  {
    when: 'the state folder is below a file',
    env: () => ({ METAMCP_HOME: '/dev/null/x' }),
    code: 3,
    remedy: /METAMCP_HOME/,
  },
  {
    when: 'the start lock is a folder',
    env: () => world.home('postgres.lock', undefined),
    code: 3,
    remedy: /METAMCP_HOME/,
  },
  {
    when: 'the start lock is another file',
    env: () => world.home('postgres.lock', 'x'.repeat(2_000)),
    code: 3,
    remedy: /delete it/,
  },
  {
    when: 'the credentials are a folder',
    env: () => world.home('postgres.json', undefined),
    code: 3,
    remedy: /Put it right/,
  },
  {
    when: 'the secrets are empty',
    env: () => world.home('secrets.json', ''),
    code: 1,
    remedy: /Restore the file from a backup/,
  },
  {
    when: 'the secrets are damaged',
    env: () => world.home('secrets.json', '{"encryptionKey":'),
    code: 1,
    remedy: /Restore/,
  },
  {
    when: 'the secrets are a folder',
    env: () => world.home('secrets.json', undefined),
    code: 1,
    remedy: /Put it right/,
  },
  {
    when: 'the port is in use',
    env: async () => ({ ...(await world.databaseOf('')), SERVER_PORT: String(await world.listening(createServer())) }),
    code: 3,
    remedy: /SERVER_PORT/,
    only: 'gateway',
  },
  {
    when: 'the gateway’s host has no address',
    env: async () => ({ ...(await world.databaseOf('')), SERVER_HOST: 'nobody.invalid' }),
    code: 3,
    remedy: /SERVER_HOST/,
    only: 'gateway',
  },
];

/** @throws AssertionError when it ends otherwise than the case says */
function expectSentence({ code, remedy }: Case, ended: Ended): void {
  expect(ended.stderr).not.toMatch(/fault in MetaMCP|\n\s+at /);
  expect(ended).toEqual({ code, stderr: expect.stringMatching(remedy) });
}

describe('a sentence says what to do [ops-surroundings]', () => {
  it.each(cases.map((each) => [each.when, each] as const))('when %s', async (_when, each) => {
    const settings = await each.env();
    if (each.only !== 'gateway') expectSentence(each, await world.runInProcess('cli', settings));
    expectSentence(each, await world.runInProcess('gateway', settings));
  });

  // What a process adds to that is its exit code.
  const ofEachCode = [1, 2, 3].map((code) => cases.find((each) => each.code === code && each.only === undefined)!);
  const processes = (['cli', 'gateway'] as const).flatMap((program) =>
    ofEachCode.map((each) => ({ program, ...each })),
  );
  it.each(processes)('by a process of the $program that ends with $code', async ({ program, ...each }) => {
    expectSentence(each, await world.run(program, await each.env()));
  });
});
