import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { frontLimits } from '../../src/front/limits.ts';

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'metamcp-config-'));
  await writeFile(join(cwd, 'metamcp.toml'), 'log_level = "debug"\n[server]\nhost = "0.0.0.0"\nport = 1\n');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const load = (env: Record<string, string>, configFile?: string) => readSettings({ env, cwd, configFile });

describe('the configuration', () => {
  it('has defaults for a machine of one’s own [cli-settings]', () => {
    expect(load({ METAMCP_HOME: 'state' })).toEqual({
      home: join(cwd, 'state'),
      host: '127.0.0.1',
      port: 12_009,
      allowedHosts: [],
      allowedOrigins: [],
      eventStorePrefix: '',
      logLevel: 'info',
      logFormat: 'auto',
      accessLog: true,
      tracing: { serviceName: 'metamcp', ratio: 1 },
      usageRetentionDays: 400,
      circuit: {},
      perAddress: { failures: { text: '1000/m', count: 1_000, windowMs: 60_000 } },
      metrics: { host: '127.0.0.1' },
      stdio: {},
      inherited: {},
    });
  });
  it('takes what holds of programs from either, and passes on little of the environment [cli-settings]', async () => {
    const file = join(cwd, 'programs.toml');
    await writeFile(
      file,
      '[stdio]\nidle_stop_seconds = 5\nmax_programs = 7\n[server]\npeer_url = "http://10.0.0.5:1/"\ncircuit_failures = 0\n',
    );
    const env = { STDIO_MAX_PROGRAMS: '8', PATH: '/bin', HOME: '/x', JWT_SECRET: 'hush', HTTPS_PROXY: 'http://u:p@x' };
    const { stdio, inherited, peerUrl, circuit } = load({ ...env, SERVER_CIRCUIT_RETRY_SECONDS: '3' }, file);
    expect(circuit).toEqual({ failures: 0, retryMs: 3_000 });
    expect(stdio).toEqual({ idleStopMs: 5_000, maxPrograms: 8 });
    expect(inherited).toEqual({ PATH: '/bin', HOME: '/x' });
    expect(peerUrl).toBe('http://10.0.0.5:1');
    for (const url of ['10.0.0.5:1', 'http://x/path', 'http://u:p@x/', 'ftp://x']) {
      expect(() => load({ SERVER_PEER_URL: url })).toThrow('without a path');
    }
    expect(() => load({ STDIO_MAX_PROGRAMS: '0' })).toThrow('stdio.max_programs');
  });
  it('takes the environment over .env over the file [cli-settings]', async () => {
    const file = join(cwd, 'metamcp.toml');
    expect(load({}, file)).toMatchObject({ host: '0.0.0.0', port: 1, logLevel: 'debug' });
    await writeFile(join(cwd, '.env'), 'SERVER_PORT=2\nSERVER_ALLOWED_HOSTS=a.example, b.example\n');
    expect(load({ METAMCP_CONFIG: 'metamcp.toml' })).toMatchObject({
      host: '0.0.0.0',
      port: 2,
      allowedHosts: ['a.example', 'b.example'],
    });
    expect(load({ SERVER_PORT: '3', LOG_LEVEL: 'error' }, file)).toMatchObject({ port: 3, logLevel: 'error' });
    expect(load({ SERVER_PORT: '' }, file)).toMatchObject({ port: 2 });
    await rm(join(cwd, '.env'));
  });
  it('takes the bounds of connections from either', async () => {
    const file = join(cwd, 'bounds.toml');
    await writeFile(file, '[server]\nmax_connections = 100\nmax_connections_per_address = 10\n');
    expect(load({}, file)).toMatchObject({ maxConnections: 100, maxConnectionsPerAddress: 10 });
    expect(load({ SERVER_MAX_CONNECTIONS: '200' }, file)).toMatchObject({
      maxConnections: 200,
      maxConnectionsPerAddress: 10,
    });
    expect(frontLimits({ maxConnections: 200 })).toMatchObject({ maxConnectionsPerAddress: 150, maxStrangers: 50 });
    expect(() => load({ SERVER_MAX_CONNECTIONS: 'many' })).toThrow(/server\.max_connections/);
  });
  it('reads secrets from files, and URLs that hold one', async () => {
    await writeFile(join(cwd, 'secret'), 'abc\n');
    await writeFile(join(cwd, 'url'), 'esdb+discover://u:p@events.example:2113\n');
    expect(load({ EVENT_STORE_URL_FILE: join(cwd, 'url') }).eventStoreUrl).toBe(
      'esdb+discover://u:p@events.example:2113',
    );
    expect(load({ JWT_SECRET_FILE: join(cwd, 'secret'), ENCRYPTION_KEY: 'def' })).toMatchObject({
      jwtSecret: 'abc',
      encryptionKey: 'def',
    });
  });
  it.each(['esdb://h:2113', 'esdb+discover://h:2113', 'kurrentdb://u:p@h:2113?tls=false', 'kurrentdb+discover://h'])(
    'takes %s as an event store',
    (url) => expect(load({ EVENT_STORE_URL: url }).eventStoreUrl).toBe(url),
  );
  it('insists on both secrets for a database of one’s own [auth-secrets-required]', () => {
    const DATABASE_URL = 'postgresql://u:p@db.example/metamcp';
    for (const env of [{ DATABASE_URL }, { DATABASE_URL, JWT_SECRET: 'x' }, { DATABASE_URL, ENCRYPTION_KEY: 'x' }]) {
      expect(() => load(env)).toThrow(expect.objectContaining({ code: 'config-invalid', kind: 'invalid' }));
    }
    expect(load({ DATABASE_URL, JWT_SECRET: 'x', ENCRYPTION_KEY: 'y' }).databaseUrl).toBe(DATABASE_URL);
  });
  it.each([
    ['a port that is no number', { SERVER_PORT: 'http' }, 'server.port'],
    ['a port that does not exist', { SERVER_PORT: '70000' }, 'server.port'],
    ['an unknown log level', { LOG_LEVEL: 'loud' }, 'log_level'],
    ['a database that is not PostgreSQL', { DATABASE_URL: 'mysql://x' }, 'database_url'],
    ['a database URL that is none', { DATABASE_URL: 'postgresql://[bad' }, 'database_url'],
    ['an event store that is not EventStoreDB', { EVENT_STORE_URL: 'http://x:2113' }, 'event_store_url'],
    ['a prefix of the system’s own streams', { EVENT_STORE_PREFIX: '$et-' }, 'event_store_prefix'],
    ['a retention of less than nothing', { USAGE_RETENTION_DAYS: '-1' }, 'usage_retention_days'],
    ['a file that is not there', { METAMCP_CONFIG: 'nowhere.toml' }, 'nowhere.toml'],
    ['a secret’s file that is not there', { JWT_SECRET_FILE: '/nowhere' }, 'JWT_SECRET_FILE'],
  ])('names the setting for %s', (_what, env, named) => {
    expect(() => load(env)).toThrow(named);
  });
  it('refuses a setting that does not exist, and a file that is not TOML', async () => {
    await writeFile(join(cwd, 'typo.toml'), '[server]\nprot = 1\n');
    expect(() => load({}, 'typo.toml')).toThrow('prot');
    await writeFile(join(cwd, 'broken.toml'), '[server\n');
    expect(() => load({}, 'broken.toml')).toThrow('broken.toml');
  });
});
