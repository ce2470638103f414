import { execFile } from 'node:child_process';
import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { DESCRIBED } from '../../cli/describedCommands.ts';
import { VERSIONS } from '../../src/projections/tables/versions.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { openCurrentTables } from '../../src/stores/currentTables.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { sql } from '../../src/postgres/sql.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { addressOf } from '../support/tcpProxy.ts';
import { cliFixture } from './cliFixture.ts';
import { describedCommandLine } from './commandTree.ts';

const run = promisify(execFile);
const LAUNCHER = fileURLToPath(import.meta.resolve('../../bin/metamcp-cli.cjs'));
const MAIN = fileURLToPath(import.meta.resolve('../../cli/main.ts'));

// What a command does before its answer: what it loads, and how often it waits for the database.

const cli = cliFixture({ stores: 'opened by each command' });

beforeAll(async () => {
  await cli.run(['keys', 'create', '--name', 'desktop']);
});

/** What only some commands need. */
const HEAVY = {
  'the schemas': /\/node_modules\/zod\//,
  'the terminal interface': /\/node_modules\/(?:ink|react|yoga-layout)\/|\/cli\/tui\//,
  'EventStoreDB’s client': /\/node_modules\/(?:@eventstore|@grpc|google-protobuf)\//,
  'what starts an embedded PostgreSQL': /\/src\/embedded\/(?:server|cluster|binaries|keeper)\.ts$/,
  'the logger': /\/node_modules\/pino\//,
  'the vault': /\/src\/vault\/vault\.ts$|\/@noble\//,
  'the audit and the administration': /\/src\/(?:audit|administration)\/(?:audit|administration|verify)\.ts$/,
  'pg’s other client': /\/node_modules\/pg\/lib\/native\//,
  'the gateway': /\/src\/(?:gateway|proxy|upstream|front)|\/node_modules\/(?:koa|undici)\//,
};

/** Writes the addresses of all modules into a file when the process ends. */
const NOTES_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  import { writeFileSync } from 'node:fs';
  const seen = [];
  registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
  process.on('exit', () => writeFileSync(process.env.NOTES, seen.join('\\n')));
`)}`;

/** Runs a command. @param program (Default: its launcher, as users do) */
async function modulesOf(argv: readonly string[], program = LAUNCHER): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-modules-'));
  const notes = join(folder, 'modules');
  const own = { NOTES: notes, NODE_OPTIONS: `--import "${NOTES_MODULES}"`, XDG_CACHE_HOME: folder };
  const env = { ...PROGRAM_ENVIRONMENT, ...cli.env, ...own };
  const { stderr } = await run(process.execPath, [program, ...argv], { cwd: folder, env });
  expect(stderr).toBe('');
  const modules = (await readFile(notes, 'utf8')).split('\n');
  await rm(folder, { recursive: true, force: true });
  return modules;
}

/**
 * What a command may load, and how often it may wait for the database. A machine’s speed is another’s; these figures are the same on
 * all. Whoever makes them smaller writes the new ones here.
 */
const READS: readonly (readonly [command: string, modules: number, waits: number])[] = [
  ['keys list', 173, 4],
  ['keys show desktop', 183, 7],
  ['servers list', 172, 3],
  ['audit tail', 179, 5],
  ['usage', 170, 4],
];
const HELP_MODULES = 82;

/** Says at the end whether what removes the types of TypeScript was loaded: Node.js loads it for what it has not kept. */
const TELLS_COMPILING = `data:text/javascript,${encodeURIComponent(`
  process.on('exit', () => console.error(process.moduleLoadList.some((name) => name.includes('amaro')) ? 'compiled' : 'kept'));
`)}`;

/** Forwards a connection and counts what a client waits for: queries (`Q`) and ends of extended ones (`S`), PostgreSQL's protocol, 54.7. */
async function openCounter(url: string) {
  const counts = { connections: 0, waits: 0 };
  const server = createServer((client) => {
    counts.connections += 1;
    const database = connect(addressOf(url));
    let rest = Buffer.alloc(0);
    let isStarted = false;
    client.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const head = isStarted ? 1 : 0;
        if (rest.length < head + 4) break;
        const length = head + rest.readUInt32BE(head);
        if (rest.length < length) break;
        if (isStarted && 'QS'.includes(String.fromCharCode(rest[0]!))) counts.waits += 1;
        isStarted = true;
        rest = rest.subarray(length);
      }
    });
    client.pipe(database).pipe(client);
    for (const socket of [client, database]) socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const counted = new URL(url);
  counted.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    counts,
    url: counted.href,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

describe('a command loads what it needs', () => {
  it.each(DESCRIBED)('the words of $words describe what they name, and nothing else [cli-light]', async ({ words }) => {
    for (const word of words) {
      const { commands } = await describedCommandLine(undefined, word);
      const own = commands
        .filter((each) => !each.name().startsWith('__'))
        .flatMap((each) => [each.name(), ...each.aliases()]);
      expect(own.sort()).toEqual([...words].sort());
    }
  });

  it('help loads no database driver, and nothing of what commands do [cli-light]', async () => {
    const modules = await modulesOf(['--help']);
    expect(modules.some((url) => url.endsWith('/cli/main.ts'))).toBe(true);
    for (const [what, pattern] of Object.entries({ ...HEAVY, 'the database driver': /\/node_modules\/pg\// })) {
      expect({ what, modules: modules.filter((url) => pattern.test(url)) }).toEqual({ what, modules: [] });
    }
    expect(modules.length).toBeLessThanOrEqual(HELP_MODULES);
  });

  it.each(READS)('%s beside tables that are current loads only the tables [cli-light]', async (command, most) => {
    const modules = await modulesOf(command.split(' '));
    expect(modules.some((url) => url.includes('/node_modules/pg/'))).toBe(true);
    expect(modules.length).toBeLessThanOrEqual(most);
    for (const [what, pattern] of Object.entries(HEAVY)) {
      expect({ what, modules: modules.filter((url) => pattern.test(url)) }).toEqual({ what, modules: [] });
    }
  });

  it('the launcher finds the modules that Node.js finds without it [cli-light]', async () => {
    const ownOf = (modules: readonly string[]) =>
      modules.filter((url) => /\/(?:cli|src)\/[^?#]*\.ts$/.test(url)).sort();
    const [launched, plain] = [await modulesOf(['keys', 'list']), await modulesOf(['keys', 'list'], MAIN)];
    expect(ownOf(launched)).toEqual(ownOf(plain));
  });

  it('what the launcher has compiled before, it compiles no more [cli-light]', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'metamcp-compiled-'));
    // Not in the place that the other tests keep it.
    const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: folder, NODE_OPTIONS: `--import "${TELLS_COMPILING}"` };
    const start = async () =>
      (await run(process.execPath, [LAUNCHER, '--version'], { cwd: folder, env })).stderr.trim();
    expect([await start(), await start()]).toEqual(['compiled', 'kept']);
    await rm(folder, { recursive: true, force: true });
  });

  // Settings of the session; whether the tables are current; and what the answer shows, such as keys, and when they were used.
  it.each(READS)('%s asks the database a few times, over one connection [cli-light]', async (command, _most, waits) => {
    await using counter = await openCounter(cli.database.url);
    const { code, stderr } = await cli.run(command.split(' '), { env: { DATABASE_URL: counter.url } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(counter.counts).toEqual({ connections: 1, waits });
  });
});

describe('tables are read alone only where they are current', () => {
  const open = () =>
    openCurrentTables({ settings: readSettings({ env: cli.env, cwd: cli.folder }), applicationName: 'test' });
  const isOpened = async () => {
    const tables = await open();
    await tables?.[Symbol.asyncDispose]();
    return tables !== undefined;
  };
  const broken: readonly (readonly [string, ReturnType<typeof sql>, ReturnType<typeof sql>])[] = [
    [
      'an event is not applied yet',
      sql`update checkpoints set position = position - 1 where projection = 'api_keys'`,
      sql`update checkpoints set position = position + 1 where projection = 'api_keys'`,
    ],
    [
      'one has stopped',
      sql`update checkpoints set stopped_reason = 'broken' where projection = 'api_keys'`,
      sql`update checkpoints set stopped_reason = null`,
    ],
    [
      'another version has built one',
      sql`update checkpoints set version = version - 1 where projection = 'api_keys'`,
      sql`update checkpoints set version = version + 1 where projection = 'api_keys'`,
    ],
    [
      'one was never built',
      sql`update checkpoints set built = false where projection = 'api_keys'`,
      sql`update checkpoints set built = true`,
    ],
    [
      'they contain another history',
      sql`update checkpoints set bookmark_hash = bookmark_hash || 'x'`,
      sql`update checkpoints set bookmark_hash = left(bookmark_hash, -1)`,
    ],
    [
      'a newer version has migrated the database',
      sql`insert into schema_migrations (name, checksum) values ('9999_later.sql', 'x')`,
      sql`delete from schema_migrations where name = '9999_later.sql'`,
    ],
  ];

  it('the versions that they are compared with are those of all projections [cli-light-current]', () => {
    expect(VERSIONS).toEqual(Object.fromEntries(allProjections.map(({ name, version }) => [name, version])));
  });

  it.each(broken)('not when %s [cli-light-current]', async (_why, spoil, mend) => {
    await cli.run(['keys', 'create', '--name', 'tablet']);
    expect(await isOpened()).toBe(true);
    await cli.database.db.query(spoil);
    expect(await isOpened()).toBe(false);
    await cli.database.db.query(mend);
    expect(await isOpened()).toBe(true);
  });

  it('so a list shows what was appended and not applied [cli-light-current]', async () => {
    await cli.run(['keys', 'create', '--name', 'late']);
    await cli.database.db.query(sql`delete from api_keys where name = 'late'`);
    await cli.database.db.query(sql`
      update checkpoints set position = position - 1, bookmark_position = null, bookmark_id = null, bookmark_stream = null
      where projection = 'api_keys'`);
    expect((await cli.run(['keys', 'list'])).stdout).toContain('late');
  });

  it('not where EventStoreDB has the events, or no database answers [cli-light-current]', async () => {
    const applicationName = 'test';
    const settings = readSettings({ env: cli.env, cwd: cli.folder });
    const eventStoreUrl = 'esdb://127.0.0.1:1?tls=false';
    expect(await openCurrentTables({ settings: { ...settings, eventStoreUrl }, applicationName })).toBeUndefined();
    const databaseUrl = 'postgresql://metamcp:secret@127.0.0.1:1/nowhere';
    expect(await openCurrentTables({ settings: { ...settings, databaseUrl }, applicationName })).toBeUndefined();
  });
});
