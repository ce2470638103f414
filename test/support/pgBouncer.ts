import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openTcpProxy } from './tcpProxy.ts';
import { freePorts } from './eventStoreServer/freePorts.ts';

export type PoolMode = 'session' | 'transaction' | 'statement';

/** A PgBouncer in front of a database. */
export interface PgBouncer extends AsyncDisposable {
  readonly url: string;
}

/** Says whether this machine has one. */
export function hasPgBouncer(): boolean {
  return spawnSync('pgbouncer', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Starts PgBouncer with its usual settings, besides the mode and those given, in front of the PostgreSQL that `url` names. */
export async function openPgBouncer(
  url: string,
  mode: PoolMode,
  settings: Readonly<Record<string, string>> = {},
): Promise<PgBouncer> {
  // It runs as nobody, who can't enter the socket's folder.
  const proxy = await openTcpProxy(url);
  const target = new URL(proxy.url);
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-pgbouncer-'));
  await chmod(folder, 0o755);
  const [port = 0] = await freePorts(1);
  const users = join(folder, 'users.txt');
  const file = join(folder, 'pgbouncer.ini');
  const pgbouncer = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: mode,
    ...settings,
  };
  const user = decodeURIComponent(target.username);
  await writeFile(users, `"${user}" "${decodeURIComponent(target.password)}"\n`);
  await writeFile(
    file,
    [
      '[databases]',
      `* = host=${target.hostname} port=${target.port}`,
      '[pgbouncer]',
      ...Object.entries(pgbouncer).map(([name, value]) => `${name} = ${value}`),
      '',
    ].join('\n'),
  );
  // It refuses to run as root.
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const child = spawn('pgbouncer', [file], { stdio: ['ignore', 'ignore', 'pipe'], ...asNobody });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr })
      .on('line', (line) => {
        log.push(line);
        if (line.includes('process up')) resolve();
      })
      .on('close', () => reject(new Error(`PgBouncer ended:\n${log.join('\n')}`)));
  });
  const pooled = new URL(url);
  pooled.host = `127.0.0.1:${port}`;
  // Of the embedded PostgreSQL's own; PgBouncer refuses parameters that it does not know.
  pooled.search = '';
  return {
    url: pooled.href,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
      await proxy[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
