import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSystemTokens } from '../../src/auth/systemTokens.ts';
import { systemClock } from '../../src/clock.ts';
import { ask } from '../front/secureFront.ts';
import { scrape } from '../metrics/scrape.ts';
import { startCli } from '../support/cliProcess.ts';
import { makeCertificate } from '../support/eventStoreDb/certificate.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { freePort } from '../support/freePort.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { addProgram, EndpointClient } from './stdio/world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Connections at once: more than there are workers. */
const CLIENTS = 6;

/** A program of its own, as users have: the official client, which trusts what NODE_EXTRA_CA_CERTS names. */
const CLIENT = `
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
const [url, key] = process.argv.slice(1);
const client = new Client({ name: 'test', version: '1' });
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { 'x-api-key': key } } }));
console.log((await client.listTools()).tools.length);
await client.close();
`;

const opened = new AsyncDisposableStack();
let folder: string;
let administrator: TestGateway;
/** Two workers. */
let gateway: GatewayProcess;
/** Another machine, as it were. */
let replica: GatewayProcess;
let url: string;
let env: Record<string, string>;
let apiKey: string;

const file = (name: string): string => join(folder, name);
const tls = () => ({ TLS_CERT_FILE: file('cert.pem'), TLS_KEY_FILE: file('key.pem') });

/** Puts a new pair there. @returns the certificate */
async function renew(): Promise<string> {
  const { certificate, key } = makeCertificate();
  for (const [name, pem] of Object.entries({ 'cert.pem': certificate, 'key.pem': key })) {
    await writeFile(file(`${name}.new`), pem, { mode: 0o600 });
    await rename(file(`${name}.new`), file(name));
  }
  return certificate;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp-tls-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  const certificate = await renew();
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, certificate]);
  opened.defer(() => setDefaultCACertificates(before));
  await writeFile(file('trusted.pem'), certificate);
  administrator = opened.use(await startTestGateway());
  const fixture = opened.use(await startFixtureServer());
  await administrator.addServer('fixture', fixture.url);
  await addProgram(administrator, 'own');
  await addProgram(administrator, 'common', { isolation: 'shared' });
  ({ apiKey } = await administrator.createKey());
  const { databaseUrl = '', jwtSecret = '', encryptionKey = '' } = administrator.settings;
  const [port, other] = await Promise.all([freePort(), freePort()]);
  env = {
    ...tls(),
    DATABASE_URL: databaseUrl,
    JWT_SECRET: jwtSecret,
    ENCRYPTION_KEY: encryptionKey,
    SERVER_HOST: 'localhost',
    SERVER_ALLOWED_HOSTS: 'mcp.example.com',
    TRUSTED_PROXIES: '127.0.0.1,::1',
    NODE_EXTRA_CA_CERTS: file('trusted.pem'),
  };
  url = `https://localhost:${port}`;
  const start = (at: number, more: Record<string, string>) =>
    startGatewayProcess({
      home: administrator.home,
      env: { ...env, SERVER_PORT: String(at), SERVER_PEER_URL: `https://localhost:${at}`, ...more },
    });
  gateway = await start(port, { WORKERS: '2', METRICS_PORT: '0' });
  opened.use(gateway);
  replica = await start(other, {});
  opened.use(replica);
});
afterAll(() => opened.disposeAsync());

/** Each on a connection of its own. */
async function get(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const asked = request(`${url}${path}`, { headers, servername: 'localhost', agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

/** What several new connections are shown. */
async function shown(): Promise<Set<string | undefined>> {
  const { port } = new URL(url);
  const fingerprints = Array.from({ length: CLIENTS }, async () => {
    const socket = connect({ port: Number(port), host: 'localhost', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
    socket.destroy();
    return fingerprint;
  });
  return new Set(await Promise.all(fingerprints));
}

it('is called by the official client, which trusts an authority of its own [front-tls]', async () => {
  const args = ['--input-type=module', '-e', CLIENT, `${url}/mcp/fixture`, apiKey];
  const options = { cwd: ROOT, env: { ...PROGRAM_ENVIRONMENT, NODE_EXTRA_CA_CERTS: file('trusted.pem') } };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  expect(Number(stdout)).toBeGreaterThan(0);
});

it('sessions and programs that workers share are found from each of them by TLS, too [ops-workers] [ops-workers-once]', async () => {
  for (const server of ['own', 'common']) {
    const client = new EndpointClient({ url }, server, apiKey);
    await client.initialize();
    const served = await Promise.all(Array.from({ length: CLIENTS }, () => client.who()));
    expect(new Set(served.map(({ pid }) => pid)).size).toBe(1);
    await client.end();
  }
});

it('HTTP/2 is spoken by each worker, and they pass its requests on to each other [front-http2] [ops-workers]', async () => {
  const sessions = Array.from({ length: CLIENTS }, () => connectHttp2(url, { rejectUnauthorized: false }));
  const post = (at: number, message: object, more: Record<string, string> = {}) =>
    ask(
      sessions[at]!,
      {
        ':path': '/mcp/own',
        ':method': 'POST',
        'x-api-key': apiKey,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...more,
      },
      JSON.stringify({ jsonrpc: '2.0', ...message }),
    );
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  const begun = await post(0, { id: 1, method: 'initialize', params });
  const more = { 'mcp-session-id': String(begun.headers['mcp-session-id']), 'mcp-protocol-version': '2025-11-25' };
  await post(0, { method: 'notifications/initialized' }, more);
  const listed = await Promise.all(sessions.map((_, at) => post(at, { id: 2, method: 'tools/list' }, more)));
  for (const { status, body } of listed) expect([status, body]).toEqual([200, expect.stringContaining('"tools"')]);
  for (const session of sessions) session.destroy();
});

it('replicas reach each other by https, with an authority of their own [proxy-stdio-replicas]', async () => {
  for (const [first, then] of [
    [gateway, replica],
    [replica, gateway],
  ] as const) {
    const client = new EndpointClient(first, 'own', apiKey);
    await client.initialize();
    const there = new EndpointClient(then, 'own', apiKey);
    there.session = client.session;
    const { pid } = await client.who();
    const served = await Promise.all(Array.from({ length: CLIENTS }, () => there.who()));
    expect(new Set(served.map((who) => who.pid))).toEqual(new Set([pid]));
    await client.end();
  }
});

it('plain HTTP is told what to do by each worker [front-tls]', async () => {
  const answers = Array.from({ length: CLIENTS }, () => fetch(`${url.replace('https', 'http')}/health/live`));
  for (const answer of await Promise.all(answers)) {
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'tls-required' });
  }
});

it('browsers are told to come by TLS, except under localhost [front-tls]', async () => {
  const hsts = async (host: string) => (await get('/health/live', { host })).headers['strict-transport-security'];
  expect(await hsts('mcp.example.com')).toBe('max-age=31536000');
  expect(await hsts('localhost')).toBeUndefined();
});

it('a trusted proxy that speaks TLS is believed about its client [front-tls]', async () => {
  const { apiKey: bound } = await administrator.createKey({ networks: ['192.0.2.0/24'] });
  const statusOf = async (headers: Record<string, string>) =>
    (await get('/mcp/fixture', { 'x-api-key': bound, accept: 'text/event-stream', ...headers })).statusCode;
  expect(await statusOf({})).toBe(401);
  expect(await statusOf({ 'x-forwarded-for': '192.0.2.7' })).not.toBe(401);
});

it('the CLI reaches it, and sets the level of each worker [front-tls] [ops-workers]', async () => {
  const settings = { ...env, METAMCP_HOME: administrator.home, SERVER_PORT: new URL(url).port };
  const { ended } = startCli(['log-level', 'debug', '--json'], settings, administrator.home);
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
  // A command that can't read the certificate says that it is not trusted, not that nobody answers.
  const without = { ...settings, TLS_CERT_FILE: file('nowhere.pem'), NODE_EXTRA_CA_CERTS: '' };
  expect(await startCli(['log-level', '--json'], without, administrator.home).ended).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('gateway-not-trusted'),
  });
  for (const command of ['status', 'doctor']) {
    const { stdout } = await startCli([command], without, administrator.home).ended;
    expect(stdout).toContain('shows a certificate that this command does not trust');
    expect(stdout).not.toContain('none answers');
  }
  const token = await createSystemTokens({ secrets: administrator.stores.tokenSecrets, clock: systemClock }).issue();
  const levels = async () => {
    const asked = Array.from({ length: CLIENTS }, () => get('/api/v1/log-level', { authorization: `Bearer ${token}` }));
    return new Set(await Promise.all((await Promise.all(asked)).map((answer) => text(answer))));
  };
  await expect.poll(levels).toEqual(new Set(['{"level":"debug"}']));
});

it('SIGHUP has each worker take a changed certificate; its end is a metric [front-tls-reload] [ops-workers]', async () => {
  const before = await shown();
  expect(before.size).toBe(1);
  setDefaultCACertificates([...getCACertificates('default'), await renew()]);
  gateway.kill('SIGHUP');
  await expect
    .poll(async () => {
      const now = await shown();
      return now.size === 1 && now.isDisjointFrom(before);
    })
    .toBe(true);
  // The supervisor, which has no certificate, and both of them.
  const reread = () => gateway.log.filter((line) => line.includes('"msg":"the settings were read again"'));
  await expect.poll(() => reread().length).toBe(3);
  const metricsUrl = /"metrics":"([^"]+)"/.exec(gateway.log.join('\n'))?.[1] ?? '';
  const found = await scrape(metricsUrl);
  const ends = ['1', '2'].map(
    (worker) => found.get(`metamcp_tls_certificate_expires_seconds{worker="${worker}"}`) ?? 0,
  );
  expect(ends[0]).toBeGreaterThan(Date.now() / 1_000);
  expect(ends[1]).toBe(ends[0]);
});

it('metamcp check names what is wrong with the files [front-tls-files]', async () => {
  await writeFile(file('other.pem'), makeCertificate().key, { mode: 0o600 });
  const check = async (more: Record<string, string>) => {
    const checked = promisify(execFile)(process.execPath, [join(ROOT, 'src/main.ts'), 'check'], {
      cwd: folder,
      env: { ...PROGRAM_ENVIRONMENT, METAMCP_HOME: folder, SERVER_PORT: '0', ...more },
    });
    return checked.then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: unknown) => error as { code: number; stdout: string },
    );
  };
  const [stranger, half] = await Promise.all([
    check({ ...tls(), TLS_KEY_FILE: file('other.pem') }),
    check({ TLS_CERT_FILE: file('cert.pem') }),
  ]);
  expect(stranger).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^failed {3}certificate: .*does not belong/m),
  });
  expect(half).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('TLS_CERT_FILE is set, and TLS_KEY_FILE is not'),
  });
});
