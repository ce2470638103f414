import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECK_NAMES } from '../../cli/diagnosis/checkNames.ts';
import { sql } from '../../src/postgres/sql.ts';
import { makeCertificate } from '../support/eventStoreDb/certificate.ts';
import { startFixtureServer, type FixtureServer } from '../support/fixtureServer.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { DANGEROUS, HOSTILE } from './hostileText.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly about?: string;
  readonly detail: string;
  readonly remedy?: string;
}

type Answer = { readonly ok: boolean; readonly findings: readonly Finding[] } & Readonly<
  Record<'gateway' | 'database' | 'servers', object>
>;

const NOWHERE = { DATABASE_URL: 'postgresql://metamcp:secret@127.0.0.1:1/nowhere' };

let fixture: FixtureServer;
let gateway: TestGateway;
let cli: InProcessCli;
let own: Record<string, string>;

beforeAll(async () => {
  fixture = await startFixtureServer();
  gateway = await startTestGateway();
  await gateway.addServer('good', fixture.url);
  await gateway.createKey();
  const { databaseUrl, eventStoreUrl, jwtSecret, encryptionKey } = gateway.settings;
  own = {
    ...(eventStoreUrl !== undefined && { EVENT_STORE_URL: eventStoreUrl }),
    JWT_SECRET: jwtSecret!,
    ENCRYPTION_KEY: encryptionKey!,
    SERVER_PORT: new URL(gateway.url).port,
  };
  cli = await openInProcessCli(databaseUrl!, own);
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
  await fixture[Symbol.asyncDispose]();
});

async function run(argv: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
  const { code, stdout, stderr } = await cli.run([...argv, '--json'], { env });
  return { code, stderr, answer: JSON.parse(stdout) as Answer };
}

/** What one check says. */
async function findings(check: string, env?: Readonly<Record<string, string | undefined>>) {
  const skipped = CHECK_NAMES.filter((name) => name !== check).flatMap((name) => ['--skip', name]);
  const { code, answer } = await run(['doctor', ...skipped], env);
  return { code, findings: answer.findings };
}

describe('status', () => {
  it('shows gateway, stores, read tables, keys and servers [cli-status]', async () => {
    const { code, stderr, answer } = await run(['status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(answer).toMatchObject({
      gateway: { url: gateway.url, answers: true, same_installation: true },
      installation: gateway.stores.installation,
      database: { kind: 'postgresql', answers: true },
      event_store: { answers: true },
      read_tables: { stopped: [] },
      keys: { active: 1 },
      servers: { enabled: 1, disabled: 0 },
    });
    const text = await cli.run(['status']);
    expect(text.stdout).toMatch(/^Gateway +http.* answers, version .*, of this installation$/m);
    expect(text.stdout).toMatch(/^Keys +1 active$/m);
    expect(text.stdout.split('\n').length).toBeLessThan(24);
  });

  it('shows the stores when no gateway answers, which is no failure [cli-status]', async () => {
    const { code, answer } = await run(['status'], { SERVER_PORT: '1' });
    expect(code).toBe(0);
    expect(answer).toMatchObject({ gateway: { answers: false }, database: { answers: true } });
  });

  it('shows the rest when a store does not answer, and ends with 3 [cli-status]', async () => {
    const { code, answer, stderr } = await run(['status'], NOWHERE);
    expect(code).toBe(3);
    expect(answer).toMatchObject({ gateway: { answers: true }, database: { answers: false } });
    expect(JSON.stringify(answer) + stderr).not.toContain('secret@');
  });

  it('warns of a gateway of another installation [cli-other-installation]', async () => {
    await using other = await createTestDatabase();
    const { code, stderr, answer } = await run(['status'], { DATABASE_URL: other.url, EVENT_STORE_URL: undefined });
    expect(code).toBe(0);
    expect(stderr).toContain('is of another installation');
    expect(answer).toMatchObject({ gateway: { same_installation: false } });
  });
});

describe('doctor', () => {
  it('finds nothing wrong where nothing is [cli-doctor]', async () => {
    const { code, stderr, answer } = await run(['doctor', '--skip', 'default-secrets']);
    expect(answer.findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect({ code, stderr, ok: answer.ok }).toEqual({ code: 0, stderr: '', ok: true });
    const checks = new Set(answer.findings.map(({ check }) => check));
    // Without TLS there is no certificate.
    expect(CHECK_NAMES.filter((name) => !checks.has(name))).toEqual(['default-secrets', 'certificate']);
  });

  it('goes on when a store is broken, says of each check what it can, and ends with 3 [cli-doctor-alone]', async () => {
    const { code, stderr, answer } = await run(['doctor'], NOWHERE);
    const states = Object.fromEntries(answer.findings.map(({ check, state }) => [check, state]));
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: There /);
    expect(states).toMatchObject({
      node: 'ok',
      database: 'problem',
      migrations: 'unknown',
      'event-store': 'unknown',
      'read-tables': 'unknown',
      gateway: 'ok',
      disk: 'ok',
      exposure: 'ok',
      servers: 'unknown',
    });
    expect(JSON.stringify(answer) + stderr).not.toContain('secret@');
    const faults = answer.findings.filter(({ state }) => state === 'problem' || state === 'warning');
    expect(faults.filter(({ remedy }) => remedy === undefined)).toEqual([]);
  });

  it('names the secret that does not fit, and leaves the read tables alone [cli-doctor-alone]', async () => {
    const env = { ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };
    const { code, answer } = await run(['doctor'], env);
    expect(code).toBe(1);
    expect(answer.findings).toContainEqual(
      expect.objectContaining({
        check: 'secrets-fit',
        state: 'problem',
        detail: expect.stringContaining('ENCRYPTION_KEY') as string,
      }),
    );
    expect(answer.findings).toContainEqual(expect.objectContaining({ check: 'database', state: 'ok' }));
  });

  it('says which migrations are missing, and applies none [cli-doctor]', async () => {
    await using database: TestDatabase = await createTestDatabase();
    await database.db.query(sql`delete from schema_migrations where name like '0018%'`);
    const { code, answer } = await run(['doctor', '--skip', 'servers'], { DATABASE_URL: database.url });
    expect(code).toBe(1);
    expect(answer.findings).toContainEqual(
      expect.objectContaining({
        check: 'migrations',
        state: 'problem',
        remedy: expect.stringContaining('metamcp-cli db migrate') as string,
      }),
    );
    const [row] = await database.db.query<{ left: string }>(
      sql`select count(*) as left from schema_migrations where name like '0018%'`,
    );
    expect(row?.left).toBe('0');
  });

  it('asks each server, and names the one that does not answer with how to look closer [cli-doctor-servers]', async () => {
    await using bad = await startTestGateway();
    await bad.addServer('good', fixture.url);
    await bad.addServer('silent', 'http://127.0.0.1:1/mcp');
    const { databaseUrl, eventStoreUrl, jwtSecret, encryptionKey } = bad.settings;
    const { code, findings: found } = await findings('servers', {
      DATABASE_URL: databaseUrl,
      EVENT_STORE_URL: eventStoreUrl,
      JWT_SECRET: jwtSecret,
      ENCRYPTION_KEY: encryptionKey,
    });
    expect({ code, found }).toEqual({
      code: 1,
      found: [
        { check: 'servers', state: 'ok', about: 'good', detail: expect.stringMatching(/^answers \(/) as string },
        expect.objectContaining({ state: 'problem', about: 'silent', remedy: 'metamcp-cli servers test silent' }),
      ],
    });
  });

  it('is shown nothing by a server or a gateway but text [cli-hostile-text]', async () => {
    const hostile = createServer((_request, response) => {
      response.setHeader('date', new Date(0).toUTCString());
      response.end(JSON.stringify({ version: HOSTILE.slice(0, 60), parts: {} }));
    });
    await new Promise<void>((resolve) => void hostile.listen(0, '127.0.0.1', resolve));
    const address = hostile.address();
    const env = { SERVER_PORT: String(typeof address === 'object' ? address?.port : undefined) };
    for (const argv of [['status'], ['doctor']]) {
      const { stdout, stderr } = await cli.run(argv, { env });
      for (const line of `${stdout}\n${stderr}`.split('\n')) expect(line).not.toMatch(DANGEROUS);
    }
    // Its clock is that of 1970, and its version another one.
    const { findings: clocks } = await findings('clocks', env);
    expect(clocks).toContainEqual(
      expect.objectContaining({ state: 'problem', detail: expect.stringContaining('behind') as string }),
    );
    expect((await findings('gateway', env)).findings).toContainEqual(expect.objectContaining({ state: 'warning' }));
    hostile.close();
  });

  it('says of a gateway of another installation how to find its stores [cli-doctor] [cli-other-installation]', async () => {
    await using other = await createTestDatabase();
    const env = { DATABASE_URL: other.url, EVENT_STORE_URL: undefined };
    expect(await findings('gateway', env)).toMatchObject({
      code: 1,
      findings: [{ state: 'problem', remedy: expect.stringContaining('docs/operating.md') as string }],
    });
  });

  it.each<[string, string, Readonly<Record<string, string>>, string, RegExp]>([
    ['a secret that is not random', 'default-secrets', { JWT_SECRET: 'a'.repeat(44) }, 'problem', /not random/],
    [
      'a password that everybody knows',
      'default-secrets',
      { EVENT_STORE_URL: 'esdb://admin:changeit@127.0.0.1:1?tls=false' },
      'warning',
      /everybody knows/,
    ],
    ['a port that a network reaches without TLS', 'exposure', { SERVER_HOST: '0.0.0.0' }, 'warning', /without TLS/],
    [
      'metrics that a network reaches',
      'exposure',
      { METRICS_PORT: '0', METRICS_HOST: '0.0.0.0' },
      'warning',
      /^Metrics are read/,
    ],
    [
      'a rotation that was not ended',
      'secret-ages',
      { JWT_SECRET_PREVIOUS: 'p'.repeat(44) },
      'warning',
      /PREVIOUS is set/,
    ],
    // Linux says of it that it has no room at all.
    ['a disk that is full', 'disk', { METAMCP_HOME: '/proc' }, 'problem', /^0 MiB are free in \/proc/],
    ['that no gateway answers', 'gateway', { SERVER_PORT: '1' }, 'warning', /^None answers/],
  ])('finds %s [cli-doctor]', async (_what, check, env, state, detail) => {
    const { findings: found } = await findings(check, env);
    expect(found).toContainEqual(
      expect.objectContaining({
        check,
        state,
        detail: expect.stringMatching(detail) as string,
        remedy: expect.any(String) as string,
      }),
    );
  });

  it('finds a certificate that ends soon, and one that can’t be read [cli-doctor]', async () => {
    const { certificate, key } = makeCertificate();
    const files = { TLS_CERT_FILE: join(cli.folder, 'cert.pem'), TLS_KEY_FILE: join(cli.folder, 'key.pem') };
    await writeFile(files.TLS_CERT_FILE, certificate);
    await writeFile(files.TLS_KEY_FILE, key, { mode: 0o600 });
    const { findings: soon } = await findings('certificate', files);
    expect(soon).toContainEqual(
      expect.objectContaining({ state: 'warning', detail: expect.stringMatching(/^It ends on/) as string }),
    );
    await rm(files.TLS_KEY_FILE);
    expect(await findings('certificate', files)).toMatchObject({
      code: 1,
      findings: [{ state: 'problem', detail: expect.stringContaining('key.pem') as string }],
    });
  });

  it('finds files with secrets that others may read, and a state folder that others may write to [cli-doctor]', async () => {
    const home = await mkdtemp(join(tmpdir(), 'metamcp-state-'));
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'secrets.json'), '{}', { mode: 0o644 });
    await chmod(home, 0o777);
    const { code, findings: found } = await findings('permissions', { METAMCP_HOME: home });
    await rm(home, { recursive: true });
    expect({ code, found }).toEqual({
      code: 1,
      found: [
        expect.objectContaining({ state: 'problem', about: join(home, 'secrets.json') }),
        expect.objectContaining({ state: 'problem', about: home, remedy: `chmod go-w ${home}` }),
      ],
    });
  });
});
