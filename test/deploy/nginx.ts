import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from './composeFile.ts';
import { freePort } from '../support/freePort.ts';

const WRITTEN = readFileSync(new URL('deploy/nginx.conf', ROOT), 'utf8');
const DOCUMENTED =
  /^```nginx\n(?<block>.*?)^```$/ms.exec(readFileSync(new URL('docs/operating.md', ROOT), 'utf8'))?.groups?.['block'] ??
  '';
/** Nothing that changes how answers pass: only where this nginx may write. */
const AROUND = `pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events {}
http {
access_log /dev/stdout;
client_body_temp_path /tmp/client_body;
proxy_temp_path /tmp/proxy;
fastcgi_temp_path /tmp/fastcgi;
uwsgi_temp_path /tmp/uwsgi;
scgi_temp_path /tmp/scgi;
`;
/** Debian keeps it where only root looks. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
/** Since then, names of servers are looked up again and again (`resolve`). */
const RESOLVES_SINCE = [1, 27, 3];

/** This machine's nginx; undefined where there is none. */
export function nginxVersion(): string | undefined {
  const { stderr } = spawnSync('nginx', ['-v'], { env: { PATH }, encoding: 'utf8' });
  return /nginx\/([\d.]+)/.exec(stderr ?? '')?.[1];
}

function canResolve(): boolean {
  const version = (nginxVersion() ?? '0').split('.').map(Number);
  const at = RESOLVES_SINCE.findIndex((part, index) => part !== version[index]);
  return at === -1 || (version[at] ?? 0) > RESOLVES_SINCE[at]!;
}

export interface Nginx extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** What it has logged until now. */
  log(): Promise<string>;
}

/** Lets nginx check deploy/nginx.conf: as it is, where this nginx is new enough. @throws Error with what it finds wrong */
export async function checkConfiguration(): Promise<void> {
  const folder = await makeFolder();
  const text = canResolve() ? WRITTEN : withGateways((number) => `127.0.0.${number}:12009`);
  try {
    execFileSync('nginx', ['-t', '-q', '-c', await writeConfiguration(folder, text)], { env: { PATH }, stdio: 'pipe' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts nginx with deploy/nginx.conf on loopback; the gateways are the servers that listen on these ports. */
export async function startNginx(ports: readonly number[]): Promise<Nginx> {
  const port = await freePort();
  const gateways = withGateways((number) => `127.0.0.1:${ports[number - 1] ?? 1}`);
  return await runNginx(gateways.replace('listen 12009;', `listen 127.0.0.1:${port};`), port);
}

/** Starts nginx on loopback with the block of docs/operating.md as its server, before the gateway that listens on this port. */
export async function startDocumentedNginx(gatewayPort: number): Promise<Nginx> {
  const port = await freePort();
  const block = DOCUMENTED.replace('127.0.0.1:12009', `127.0.0.1:${gatewayPort}`);
  return await runNginx(`${AROUND}server { listen 127.0.0.1:${port};\n${block}}\n}\n`, port);
}

async function runNginx(text: string, port: number): Promise<Nginx> {
  const folder = await makeFolder();
  const child = spawn('nginx', ['-c', await writeConfiguration(folder, text), '-g', 'daemon off;'], {
    env: { PATH },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const log = async () =>
    (await readFile(join(folder, 'access.log'), 'utf8')) + (await readFile(join(folder, 'error.log'), 'utf8'));
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended:\n${await log()}`);
    await delay(20);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    log,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The file with gateways at addresses: nothing to look up, and no name server here that could. */
function withGateways(addressOf: (number: number) => string): string {
  return WRITTEN.replace(/^ *resolver .*$/m, '').replaceAll(
    /server gateway(\d):12009 resolve/g,
    (_all, number: string) => `server ${addressOf(Number(number))}`,
  );
}

/** Moves what it writes into the folder. */
async function writeConfiguration(folder: string, text: string): Promise<string> {
  const path = join(folder, 'nginx.conf');
  const moved = text
    .replaceAll(' /tmp/', ` ${folder}/`)
    .replace('/dev/stdout', `${folder}/access.log`)
    .replace('/dev/stderr', `${folder}/error.log`);
  await writeFile(path, moved);
  return path;
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-nginx-'));
  // As root, nginx's workers are another user, who must be able to enter.
  await chmod(folder, 0o755);
  return folder;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
