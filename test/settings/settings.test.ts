import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CIRCUIT_LIMITS } from '../../src/calls/circuits.ts';
import { Invalid } from '../../src/errors/appError.ts';
import { DEFAULT_PROXY_LIMITS } from '../../src/proxy/limits.ts';
import { readConfiguration, readSettings } from '../../src/settings/settings.ts';
import { frontLimits } from '../../src/front/limits.ts';
import { poolSettings } from '../../src/upstream/stdio/poolSettings.ts';

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
      tls: { http2: true },
      allowedHosts: [],
      allowedOrigins: [],
      eventStorePrefix: '',
      workers: 1,
      logLevel: 'info',
      logFormat: 'auto',
      accessLog: true,
      tracing: { serviceName: 'metamcp', ratio: 1 },
      keyLimits: [],
      usageRetentionDays: 400,
      stop: { delayMs: 1_000, drainMs: 10_000 },
      circuit: { failures: 5, retryMs: 10_000 },
      perAddress: { failures: { text: '1000/m', count: 1_000, windowMs: 60_000 } },
      maxBodyBytes: 16_777_216,
      maxConnections: 16_384,
      metrics: { host: '127.0.0.1' },
      stdio: { idleStopMs: 600_000, maxPrograms: 256, maxProgramsPerServer: 128, maxProgramsPerKey: 128 },
      trustedProxies: [],
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
    expect(stdio).toMatchObject({ idleStopMs: 5_000, maxPrograms: 8 });
    expect(inherited).toEqual({ PATH: '/bin', HOME: '/x' });
    expect(peerUrl).toBe('http://10.0.0.5:1');
    for (const url of ['10.0.0.5:1', 'http://x/path', 'http://u:p@x/', 'ftp://x']) {
      expect(() => load({ SERVER_PEER_URL: url })).toThrow('without a path');
    }
    expect(() => load({ STDIO_MAX_PROGRAMS: '0' })).toThrow(
      'STDIO_MAX_PROGRAMS is 0, and must be a whole number, 1 or more.',
    );
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
    expect(() => load({ SERVER_MAX_CONNECTIONS: 'many' })).toThrow('SERVER_MAX_CONNECTIONS is "many"');
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
    [
      'a port that is no number',
      { SERVER_PORT: 'http' },
      'SERVER_PORT is "http", and must be a whole number from 0 to 65535.',
    ],
    ['a port that does not exist', { SERVER_PORT: '70000' }, 'SERVER_PORT is 70000'],
    ['an unknown log level', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    ['a database that is not PostgreSQL', { DATABASE_URL: 'mysql://x' }, 'DATABASE_URL must be'],
    ['a database URL that is none', { DATABASE_URL: 'postgresql://[bad' }, 'DATABASE_URL must be'],
    ['an event store that is not EventStoreDB', { EVENT_STORE_URL: 'http://x:2113' }, 'EVENT_STORE_URL must be'],
    ['a prefix of the system’s own streams', { EVENT_STORE_PREFIX: '$et-' }, 'EVENT_STORE_PREFIX'],
    ['a retention of less than nothing', { USAGE_RETENTION_DAYS: '-1' }, 'USAGE_RETENTION_DAYS'],
    ['a file that is not there', { METAMCP_CONFIG: 'nowhere.toml' }, 'nowhere.toml'],
    [
      'a certificate without its key',
      { TLS_CERT_FILE: '/cert.pem' },
      'TLS_CERT_FILE is set, and TLS_KEY_FILE is not: set both for TLS',
    ],
    [
      'a key without its certificate',
      { TLS_KEY_FILE: '/key.pem' },
      'TLS_KEY_FILE is set, and TLS_CERT_FILE is not: set both for TLS',
    ],
    ['a secret’s file that is not there', { JWT_SECRET_FILE: '/nowhere' }, 'JWT_SECRET_FILE'],
  ])('names the setting for %s', (_what, env, named) => {
    expect(() => load(env)).toThrow(named);
  });
  it('refuses a member of the file that does not exist with the nearest one, and a file that is not TOML [ops-settings-strict]', async () => {
    const file = join(cwd, 'typo.toml');
    await writeFile(file, 'jwt_secret = "x"\nserver_port = 2\n[server]\nprot = 1\n[sever]\nport = 2\n');
    expect(faultsOf({}, file)).toEqual([
      `jwt_secret (in ${file}, line 1) is no setting. Set the variable JWT_SECRET, or JWT_SECRET_FILE.`,
      `server_port (in ${file}, line 2) is no setting. Did you mean server.port?`,
      `server.prot (in ${file}, line 4) is no setting. Did you mean server.port?`,
      `sever (in ${file}, line 5) is no setting. Did you mean the table [server]?`,
    ]);
    await writeFile(file, 'server = 1\n');
    expect(faultsOf({}, file)).toEqual([`server (in ${file}, line 1) must be a table: [server].`]);
    await writeFile(join(cwd, 'broken.toml'), '[server\n');
    expect(() => load({}, 'broken.toml')).toThrow('broken.toml');
  });
  it('shows no line of a file that is not TOML: a secret may stand in it [ops-settings-faults]', async () => {
    await writeFile(join(cwd, 'slip.toml'), 'database_url = postgresql://u:hunter22@h/d\nlog_level == "info"\n');
    try {
      load({}, 'slip.toml');
      expect.unreachable();
    } catch (error) {
      expect(String(error)).toMatch(/slip\.toml: line 1, column \d+: /);
      expect(inspect(error, { depth: 10 })).not.toContain('hunter22');
    }
  });
  it('takes no secret where one would be shown, and no headers that can’t be read [ops-settings-faults]', () => {
    expect(() => load({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://u:pw@127.0.0.1' })).toThrow('without a user');
    expect(() => load({ OTEL_EXPORTER_OTLP_HEADERS: 'a=100%' })).toThrow('%XX');
  });
  it('tells all faults at once, with the value of what is no secret [ops-settings-faults]', async () => {
    const file = join(cwd, 'faults.toml');
    await writeFile(file, 'usage_retention_days = "many"\n[server]\nallowed_hosts = "a"\n');
    const hush = 'mysql://root:hush@db';
    await writeFile(join(cwd, '.env'), 'LOG_FORMAT=xml\n');
    const env = { SERVER_PORT: '1.5', LOG_LEVEL: 'loud', DATABASE_URL: hush, JWT_SECRET_FILE: '/nowhere' };
    const faults = faultsOf(env, file);
    await rm(join(cwd, '.env'));
    expect(faults).toEqual([
      'SERVER_PORT is 1.5, and must be a whole number from 0 to 65535.',
      `server.allowed_hosts (in ${file}, line 3) is "a", and must be a list of DNS names, such as mcp.example.com: neither URLs nor *.`,
      'LOG_LEVEL is "loud", and must be silent, fatal, error, warn, info, debug or trace.',
      'LOG_FORMAT (in .env) is "xml", and must be auto, json or text.',
      `usage_retention_days (in ${file}, line 1) is "many", and must be a whole number from 0 to 36500.`,
      'DATABASE_URL must be a URL that begins with postgresql:// or postgres://, with special characters in it written as %XX.',
      expect.stringMatching(/^JWT_SECRET_FILE names \/nowhere, which can’t be read/),
    ]);
  });
  it('reads a .env as Windows programs write it, and refuses one that is not UTF-8 [ops-settings-faults]', async () => {
    const file = join(cwd, '.env');
    await writeFile(file, '\ufeffSERVER_PORT=12010\r\nLOG_LEVEL=warn\r\n');
    expect(load({})).toMatchObject({ port: 12_010, logLevel: 'warn' });
    await writeFile(file, Buffer.from('\ufeffSERVER_PORT=12010\r\n', 'utf16le'));
    expect(() => load({})).toThrow(`${file} is no text in UTF-8`);
    await rm(file);
  });
  it.each([
    [{ SERVER_ALLOWED_HOSTS: 'https://mcp.example.com/' }, 'neither URLs nor *'],
    [{ SERVER_ALLOWED_HOSTS: 'mcp.example.com,*' }, 'neither URLs nor *'],
    [{ METAMCP_HOME: '~/metamcp' }, 'only a shell replaces it'],
    [{ TLS_CERT_FILE: '~', TLS_KEY_FILE: '/key.pem' }, 'only a shell replaces it'],
    [
      { DATABASE_URL: 'postgres://h/d', JWT_SECRET_FILE: '/nowhere', ENCRYPTION_KEY: 'x' },
      'JWT_SECRET_FILE names /nowhere',
    ],
    [{ SERVER_PORT: '9000', METRICS_PORT: '9000' }, 'METRICS_PORT is 9000, as SERVER_PORT'],
    [{ SERVER_PORT: '9000', METRICS_PORT: '9000', SERVER_HOST: '0.0.0.0' }, 'METRICS_PORT is 9000, as SERVER_PORT'],
  ])('refuses what would be in vain: %o [ops-settings-faults]', (env, sentence) => {
    expect(faultsOf(env)).toEqual([expect.stringContaining(sentence)]);
  });
  it.each([
    ['localhost', '127.0.0.1'],
    ['::1', 'LocalHost'],
    ['::', '127.0.0.1'],
    ['10.0.0.1', '::'],
    ['0.0.0.0', '10.0.0.1'],
    ['0.0.0.0', 'localhost'],
    ['0.0.0.0', '::'],
    ['metrics.example', '0.0.0.0'],
  ])('refuses metrics on the port of the gateway where %s is in the way of %s [ops-settings-faults]', (host, other) => {
    const ports = { SERVER_PORT: '9000', METRICS_PORT: '9000' };
    const sentence = expect.stringContaining('METRICS_PORT is 9000, as SERVER_PORT') as string;
    expect(faultsOf({ ...ports, SERVER_HOST: host, METRICS_HOST: other })).toEqual([sentence]);
    expect(faultsOf({ ...ports, SERVER_HOST: other, METRICS_HOST: host })).toEqual([sentence]);
  });
  it.each([
    ['0.0.0.0', '::1'],
    ['127.0.0.1', '::1'],
    ['localhost', '10.0.0.1'],
  ])('takes metrics on the port of the gateway where %s leaves %s free', (host, other) => {
    const ports = { SERVER_PORT: '9000', METRICS_PORT: '9000' };
    expect(load({ ...ports, SERVER_HOST: host, METRICS_HOST: other })).toMatchObject({ host });
    expect(load({ ...ports, SERVER_HOST: other, METRICS_HOST: host })).toMatchObject({ host: other });
  });
  it('takes hosts with their port, addresses, and metrics on another address of the same port', () => {
    const SERVER_ALLOWED_HOSTS = 'mcp.example.com:8443,my_gateway,::1,10.0.0.1';
    const env = { SERVER_ALLOWED_HOSTS, SERVER_PORT: '9000', METRICS_PORT: '9000', METRICS_HOST: '10.0.0.1' };
    expect(load({ ...env, METAMCP_HOME: './~/metamcp' })).toMatchObject({
      allowedHosts: SERVER_ALLOWED_HOSTS.split(','),
      home: join(cwd, '~', 'metamcp'),
    });
    expect(load({ SERVER_PORT: '0', METRICS_PORT: '0' })).toMatchObject({ port: 0, metrics: { port: 0 } });
  });
  it('warns of a variable that looks like a setting, and of no other one [ops-settings-strange]', () => {
    const env = {
      SERVER_PROT: '1',
      METAMCP_HOEM: '/x',
      DATABSE_URL: 'postgresql://x',
      METAMCP_LOG: 'x',
      // As Kubernetes sets them for a service that is called metamcp.
      METAMCP_SERVICE_HOST: '10.0.0.1',
      METAMCP_PORT_12009_TCP: 'tcp://10.0.0.1:12009',
      METAMCP_PORT_12009_TCP_PROTO: 'tcp',
      // As they are set for OpenSSL: a letter from TLS_CERT_FILE.
      SSL_CERT_FILE: '/etc/ssl/cert.pem',
      METAMCP_KEY: 'mcp_x',
      HOME: '/root',
      LOGNAME: 'root',
      OTEL_RESOURCE_ATTRIBUTES: 'a=b',
    };
    expect(readConfiguration({ env, cwd }).warnings).toEqual([
      'SERVER_PROT is no setting. Did you mean SERVER_PORT?',
      'METAMCP_HOEM is no setting. Did you mean METAMCP_HOME?',
      'DATABSE_URL is no setting. Did you mean DATABASE_URL?',
      expect.stringMatching(/^METAMCP_LOG is no setting\./),
    ]);
  });
  it('knows where each value comes from', async () => {
    const file = join(cwd, 'sources.toml');
    await writeFile(file, '[server]\nhost = "::1"\n');
    await writeFile(join(cwd, '.env'), 'SERVER_PORT=2\n');
    await writeFile(join(cwd, 'jwt'), 'abc\n');
    const env = { LOG_LEVEL: 'warn', JWT_SECRET_FILE: join(cwd, 'jwt') };
    const { effective } = readConfiguration({ env, cwd, configFile: file });
    await rm(join(cwd, '.env'));
    const of = (variable: string) => effective.find(({ definition }) => definition.variable === variable);
    expect(of('SERVER_HOST')).toMatchObject({ value: '::1', source: 'file', path: file });
    expect(of('SERVER_PORT')).toMatchObject({ value: 2, source: '.env' });
    expect(of('LOG_LEVEL')).toMatchObject({ value: 'warn', source: 'environment' });
    expect(of('JWT_SECRET')).toMatchObject({ value: 'abc', source: 'environment', path: join(cwd, 'jwt') });
    expect(of('STDIO_MAX_PROGRAMS')).toMatchObject({ value: 256, source: 'default' });
  });
  it('has the defaults of the parts that use it', () => {
    const settings = load({});
    expect(frontLimits(settings)).toEqual(frontLimits());
    expect(poolSettings(settings.stdio)).toEqual(poolSettings({}));
    expect(settings.circuit).toEqual(DEFAULT_CIRCUIT_LIMITS);
    expect(settings.maxBodyBytes).toBe(DEFAULT_PROXY_LIMITS.maxBodyBytes);
  });
});

function faultsOf(env: Record<string, string>, configFile?: string): unknown {
  try {
    load(env, configFile);
    return [];
  } catch (error) {
    return error instanceof Invalid ? error.data['faults'] : error;
  }
}
