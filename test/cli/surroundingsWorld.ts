import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { Readable } from 'node:stream';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../cli/run.ts';
import { runGateway } from '../../src/run.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { addressOf } from '../support/tcpProxy.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { Recorder } from './inProcess.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

export type Settings = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

const SECRET = Buffer.alloc(32, 1).toString('base64');
const PROGRAMS = {
  cli: [fileURLToPath(new URL('../../cli/main.ts', import.meta.url)), 'keys', 'list'],
  gateway: [fileURLToPath(new URL('../../src/main.ts', import.meta.url))],
} as const;

/** Makes settings that lead to something that is not as it should be, and runs programs on them. */
export type SurroundingsWorld = Awaited<ReturnType<typeof openSurroundings>>;

export async function openSurroundings() {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await createTestDatabase({ template: 'template0' }));
  const folder = await mkdtemp(join(memoryFolder(), 'metamcp-surroundings-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  // As root, Postgres runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  let folders = 0;

  const onCluster = (text: string): Promise<unknown[]> => database.db.query({ text, values: [] });
  const uniqueName = (): string => `s_${crypto.randomUUID().replaceAll('-', '')}`;

  /** Leads to a database at this URL. */
  const at = (url: string): Settings => ({
    DATABASE_URL: url,
    JWT_SECRET: SECRET,
    ENCRYPTION_KEY: SECRET,
    METAMCP_HOME: folder,
  });

  /** Leads to the test database's URL with something else in it. */
  function changed(change: (url: URL) => void): Settings {
    const url = new URL(database.url);
    change(url);
    return at(url.href);
  }

  /** Leads to a database of a kind of its own, in which this has been done. */
  async function databaseOf(options: string, ...statements: string[]): Promise<Settings> {
    const name = uniqueName();
    await onCluster(`create database ${name} template template0 ${options}`);
    closing.defer(async () => {
      await onCluster(`drop database ${name} with (force)`);
    });
    const settings = changed((url) => {
      url.pathname = `/${name}`;
    });
    await using db = openDatabase({ url: settings['DATABASE_URL'] ?? '', applicationName: 'test' });
    for (const text of statements) await db.query({ text, values: [] });
    return settings;
  }

  /** Leads to the test database, as a role of its own. */
  async function as(options: string): Promise<Settings> {
    const name = uniqueName();
    await onCluster(`create role ${name} password 'right' ${options}`);
    closing.defer(async () => {
      await onCluster(`drop role ${name}`);
    });
    return changed((url) => {
      url.username = name;
      url.password = 'right';
    });
  }

  async function listening(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.defer(() => {
      server.close();
    });
    // A TCP server's address is an object.
    return (server.address() as AddressInfo).port;
  }

  /** Leads to a server that says that it is of the version 13. */
  async function olderServer(): Promise<Settings> {
    const [row] = await database.db.query<{ version: string | null }>(
      sql`select current_setting('server_version_num') as version`,
    );
    const address = addressOf(database.url);
    const port = await listening(
      createServer((client) => {
        const upstream = connect(address);
        client.pipe(upstream);
        upstream.on('data', (bytes) => {
          const text = bytes.toString('latin1').replaceAll(row?.version ?? '', '130022');
          client.write(Buffer.from(text, 'latin1'));
        });
        const end = (): void => {
          client.destroy();
          upstream.destroy();
        };
        for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
      }),
    );
    return changed((url) => {
      url.host = `127.0.0.1:${port}`;
    });
  }

  async function newFolder(): Promise<string> {
    folders += 1;
    const made = join(folder, String(folders));
    await mkdir(made, { mode: 0o755 });
    return made;
  }

  /** A working directory that has a file with this text; undefined: the file is a folder. */
  async function workingIn(file: string, text: string | undefined, settings: Settings = {}): Promise<Settings> {
    const cwd = await newFolder();
    if (text === undefined) await mkdir(join(cwd, file));
    else await writeFile(join(cwd, file), text);
    return { CWD: cwd, METAMCP_HOME: cwd, ...settings };
  }

  /** A state folder that has a file with this text; undefined: the file is a folder. */
  async function home(file: string, text: string | undefined): Promise<Settings> {
    const state = await newFolder();
    const path = join(state, file);
    await mkdir(dirname(path), { recursive: true });
    await (text === undefined ? mkdir(path) : writeFile(path, text));
    return { METAMCP_HOME: state };
  }

  /** Runs a program until it ends. */
  async function run(program: keyof typeof PROGRAMS, settings: Settings): Promise<Ended> {
    const child = spawn(process.execPath, PROGRAMS[program], {
      cwd: settings['CWD'] ?? folder,
      env: { ...PROGRAM_ENVIRONMENT, HOME: folder, SERVER_PORT: '0', ...settings },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      // It is not meant to get so far.
      if (text.includes('MetaMCP is ready')) child.kill('SIGTERM');
    });
    await once(child, 'close');
    return { code: child.exitCode, stderr };
  }

  /** Runs a program's code in this process: what it says of its surroundings does not depend on a start. */
  async function runInProcess(program: keyof typeof PROGRAMS, settings: Settings): Promise<Ended> {
    const { CWD: cwd = folder, ...given } = settings;
    const env = { HOME: folder, SERVER_PORT: '0', ...given };
    const stderr = new Recorder();
    const code = await (program === 'cli' ? runCommand(cwd, env, stderr) : runWholeGateway(cwd, env, stderr));
    return { code, stderr: stderr.text };
  }

  const closing = stack.move();
  return {
    url: database.url,
    at,
    changed,
    databaseOf,
    as,
    listening,
    olderServer,
    workingIn,
    home,
    run,
    runInProcess,
    /** Keeps something until the end. */
    keep: <T extends AsyncDisposable>(value: T): T => closing.use(value),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function runCommand(cwd: string, env: Settings, stderr: Recorder): Promise<number> {
  const argv = PROGRAMS.cli.slice(1);
  return runCli({ argv, cwd, env, stdin: Readable.from([]), stdout: new Recorder(), stderr });
}

/** It is not meant to get ready: then it is stopped. */
function runWholeGateway(cwd: string, env: Settings, stderr: Recorder): Promise<number> {
  const stopped = new Promise<string>((resolve) => {
    stderr.on('written', () => {
      if (stderr.text.includes('MetaMCP is ready')) resolve('SIGTERM');
    });
  });
  return runGateway({ cwd, env, stderr, log: stderr, stopping: new AbortController().signal, stopped });
}
