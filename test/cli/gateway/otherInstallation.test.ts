import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInstallation } from '../../../src/projections/tables/installation.ts';
import { sql } from '../../../src/postgres/sql.ts';
import { startCli } from '../../support/cliProcess.ts';
import { startGatewayProcess } from '../../support/gatewayProcess.ts';
import { createTestDatabase } from '../../support/testDatabase.ts';
import { startTestGateway, type TestGateway } from '../../support/testGateway.ts';
import { cliFixture } from '../cliFixture.ts';

// A CLI on one installation, whose settings lead to the gateway of another one.

const OTHER = 'is of another installation';

const portOf = (url: string): string => new URL(url).port;

let gateway: TestGateway;
const cli = cliFixture();

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** The settings of a command that works on the stores of the gateway. */
function ownEnvironment() {
  const { databaseUrl, eventStoreUrl, jwtSecret, encryptionKey } = gateway.settings;
  return {
    DATABASE_URL: databaseUrl,
    EVENT_STORE_URL: eventStoreUrl,
    JWT_SECRET: jwtSecret,
    ENCRYPTION_KEY: encryptionKey,
    SERVER_PORT: portOf(gateway.url),
  };
}

/** Answers everything with one document. */
async function startAnswering(document: unknown): Promise<{ port: string; server: Server } & AsyncDisposable> {
  const server = createServer((_request, response) => response.end(JSON.stringify(document)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    server,
    port: String(typeof address === 'object' ? address?.port : undefined),
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

describe('the id of an installation', () => {
  it('is made once, however many processes are the first, and stays [cli-installation-id]', async () => {
    await using database = await createTestDatabase();
    const found = await Promise.all(Array.from({ length: 8 }, () => readInstallation(database.db)));
    expect(new Set(found.map(({ id }) => id)).size).toBe(1);
    expect((await readInstallation(database.db)).id).toBe(found[0]?.id);
  });

  it('is another one in each installation, and all that /health/live tells beside the version [cli-installation-id]', async () => {
    const answer = (await (await fetch(`${gateway.url}/health/live`)).json()) as { installation: string };
    const { version, installation } = await cli
      .run(['--version'])
      .then(({ stdout }) => ({ version: stdout.trim(), installation: gateway.stores.installation }));
    expect(answer).toEqual({ status: 'up', version, installation, parts: {} });
    const [noted] = await cli.database.db.query<{ id: string }>(sql`select id from installation`);
    expect(noted?.id).not.toBe(installation);
    expect(installation).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });
});

describe('a gateway of another installation', () => {
  it.each([
    ['keys create', ['keys', 'create', '--name', 'stray']],
    ['connect', ['connect', 'cursor']],
    ['init', ['init', '--yes', '--skip-check']],
    ['servers show', ['servers', 'show', 'calculator']],
  ])('is warned of by %s, with the remedy [cli-other-installation]', async (_name, argv) => {
    await cli.run(['servers', 'add', 'calculator', '--url', 'http://127.0.0.1:1/mcp']);
    const { code, stderr } = await cli.run(argv, { env: { SERVER_PORT: portOf(gateway.url) } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`${gateway.url} ${OTHER}`) as string });
    expect(stderr).toContain('DATABASE_URL');
    expect(stderr).toContain('docs/operating.md');
    // Of the database only its place is named.
    expect(stderr).not.toMatch(/password|\?|postgres(ql)?:\/\//i);
  });

  it('is named where a command needs one [cli-other-installation]', async () => {
    const { document } = await cli.json(['log-level'], { env: { SERVER_PORT: portOf(gateway.url) } });
    expect(document.error).toMatchObject({
      code: 'gateway-foreign',
      message: expect.stringContaining('Set DATABASE_URL') as string,
    });
  });

  it('is found at the address that --url gives, too [cli-other-installation]', async () => {
    const { document } = await cli.json(['keys', 'create', '--name', 'far']);
    const { stderr } = await cli.run(['connect', 'cursor', '--url', gateway.url, '--key', document.id]);
    expect(stderr).toContain(OTHER);
  });
});

describe('nothing is said of installations', () => {
  it('when the gateway is of these stores [cli-other-installation]', async () => {
    const { code, stderr } = await cli.run(['keys', 'create', '--name', 'own'], { env: ownEnvironment() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('when the gateway is too old to say, or what answers is no gateway [cli-other-installation]', async () => {
    for (const [at, document] of [
      { status: 'up', version: '0.0.9', parts: {} },
      { status: 'up', version: '0.0.9', installation: 'mine', parts: {} },
      ['<html>'],
      { version: 1, installation: '00000000-0000-4000-8000-000000000000', parts: {} },
      'x'.repeat(100_000),
    ].entries()) {
      await using answering = await startAnswering(document);
      const { code, stderr } = await cli.run(['keys', 'create', '--name', `old-${at}`], {
        env: { SERVER_PORT: answering.port },
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
  });

  it('when a gateway takes connections and does not answer [cli-other-installation]', async () => {
    const silent = createNetServer();
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = String(typeof address === 'object' ? address?.port : undefined);
    const { code, stderr } = await cli.run(['keys', 'create', '--name', 'silent'], { env: { SERVER_PORT: port } });
    silent.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

it('a command with another state folder than the gateway’s says so, and how to find that one [cli-other-installation]', async () => {
  await using opened = new AsyncDisposableStack();
  const folder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'metamcp-state-'));
    opened.defer(() => rm(path, { recursive: true, force: true }));
    return path;
  };
  const [home, other] = await Promise.all([folder(), folder()]);
  const running = opened.use(await startGatewayProcess({ home }));
  const create = async (state: string) =>
    startCli(
      ['keys', 'create', '--name', 'laptop', '--json'],
      { METAMCP_HOME: state, SERVER_PORT: portOf(running.url) },
      home,
    ).ended;
  const callWith = async (stdout: string) => {
    const { api_key: key } = JSON.parse(stdout) as { api_key: string };
    return (await fetch(`${running.url}/mcp`, { method: 'POST', headers: { authorization: `Bearer ${key}` } })).status;
  };
  const [own, foreign] = await Promise.all([create(home), create(other)]);
  expect(own).toMatchObject({ code: 0, stderr: '' });
  expect(await callWith(own.stdout)).not.toBe(401);
  expect(await callWith(foreign.stdout)).toBe(401);
  expect(foreign.code).toBe(0);
  expect(foreign.stderr).toContain(`${OTHER}: it works on other stores than the state folder ${other}`);
  // The remedy is true: the log names the folder.
  expect(foreign.stderr).toContain('METAMCP_HOME');
  expect(running.log.find((line) => line.includes('MetaMCP is ready'))).toContain(`"home":"${home}"`);
});
