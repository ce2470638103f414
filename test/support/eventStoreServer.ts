import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { adminApi, type AdminAnswer } from './eventStoreServer/adminApi.ts';
import { makeCertificates, type Certificates } from './eventStoreServer/certificates.ts';
import { freePorts } from './eventStoreServer/freePorts.ts';
import { scavenge } from './eventStoreServer/scavenge.ts';
import { takeSnapshot, type Snapshot } from './eventStoreServer/snapshot.ts';
import { openSupervisor } from './eventStoreServer/supervisor.ts';
import { memoryFolder } from './memoryFolder.ts';

export interface EventStoreServerOptions {
  /** (Default: memory) */
  readonly storage?: 'memory' | 'disk';
  /** Speaks TLS, and asks for a user: the url names the administrator. (Default: false) */
  readonly tls?: boolean;
  /** More of the server's own options, such as `--commit-timeout-ms=500`; they win over the launcher's. */
  readonly extra?: readonly string[];
}

/** A real EventStoreDB in a process of its own. */
export interface EventStoreServer extends AsyncDisposable {
  /** A connection string; over TLS with the authority's file and the administrator. */
  readonly url: string;
  readonly port: number;
  /** @throws Error when it does not run */
  readonly pid: number;
  readonly isRunning: boolean;
  /** Its database, certificates and `console.log`; removed at the end. */
  readonly folder: string;
  /** The authority of its certificate, over TLS. */
  readonly caFile: string | undefined;
  /** SIGKILL: it dies without a word. */
  kill(): Promise<void>;
  /** SIGSTOP: it hangs, with its connections open. */
  freeze(): void;
  /** SIGCONT */
  thaw(): void;
  /** SIGTERM: it says goodbye to its clients. */
  stop(): Promise<void>;
  /**
   * Starts it again, with the same ports and folder, and until it is stopped with further options. It starts by itself when
   * it ends with 0, as after a truncation.
   */
  start(...extra: readonly string[]): Promise<void>;
  /** Calls its HTTP API, as an administrator. (Default: 60_000 ms) */
  http(method: string, path: string, body?: string, timeoutMs?: number): Promise<AdminAnswer>;
  /** Removes for good what metadata and deletions hide, and waits for the end. On disk only. */
  scavenge(): Promise<void>;
  /** Stops it, copies its database as a backup does, and starts it again. On disk only. */
  snapshot(): Promise<Snapshot>;
}

/** What starts a real server: `TEST_EVENT_STORE_SERVER`, to which a server's own options are added. */
export function realServerCommand(): string | undefined {
  const command = process.env['TEST_EVENT_STORE_SERVER'];
  return command === '' ? undefined : command;
}

/** Starts a server that has no others. It ends with the test process, however that ends. */
export async function startEventStoreServer(options: EventStoreServerOptions = {}): Promise<EventStoreServer> {
  const folder = await newFolder();
  const ports = await freePorts(2);
  const certificates = options.tls === true ? await makeCertificates(join(folder, 'certificates')) : undefined;
  const server = prepareEventStoreServer({ ...options, folder, ports, certificates });
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

export function newFolder(): Promise<string> {
  return mkdtemp(join(memoryFolder(), 'metamcp-event-store-'));
}

/** A server that is not started yet. */
export function prepareEventStoreServer(
  options: Omit<EventStoreServerOptions, 'tls'> & {
    folder: string;
    /** One for clients, one for other nodes. */
    ports: readonly number[];
    /** Over TLS. */
    certificates: Certificates | undefined;
    /** (Default: it leads, alone) */
    isReady?: (http: EventStoreServer['http'], isSecure: boolean) => Promise<boolean>;
  },
): EventStoreServer {
  const command = realServerCommand();
  if (command === undefined) throw new Error('TEST_EVENT_STORE_SERVER names no command that starts an EventStoreDB');
  const { folder, certificates, storage = 'memory', extra = [], isReady = isLeader } = options;
  const [port, replicationPort] = options.ports;
  const http = adminApi(port!, certificates?.caFile);
  const supervisor = openSupervisor({
    command,
    folder,
    args: withoutDoubles([
      ...[`--node-port=${port}`, `--replication-port=${replicationPort}`, `--log=${join(folder, 'log')}`],
      ...(storage === 'memory' ? ['--mem-db'] : [`--db=${join(folder, 'db')}`]),
      ...(certificates?.options ?? ['--insecure']),
      // A test's history is small: the defaults are 512 and 256 MB. (A chunk's size stays: scavenging counts by its default.)
      ...['--chunks-cache-size=67108864', '--stream-existence-filter-size=10000000'],
      ...['--disable-log-file', '--stats-period-sec=3600', ...extra],
    ]),
    isReady: () => isReady(http, certificates !== undefined),
  });
  function onDisk(): void {
    if (storage === 'memory') throw new Error("a server in memory has no files: start it with storage: 'disk'");
  }
  const server: EventStoreServer = {
    url:
      certificates === undefined
        ? `esdb://127.0.0.1:${port}?tls=false`
        : `esdb://admin:changeit@127.0.0.1:${port}?tls=true&tlsCAFile=${encodeURIComponent(certificates.caFile)}`,
    port: port!,
    get pid() {
      return supervisor.pid;
    },
    get isRunning() {
      return supervisor.isRunning;
    },
    folder,
    caFile: certificates?.caFile,
    kill: () => supervisor.end('SIGKILL'),
    freeze: () => void process.kill(supervisor.pid, 'SIGSTOP'),
    thaw: () => void process.kill(supervisor.pid, 'SIGCONT'),
    stop: () => supervisor.end('SIGTERM'),
    start: (...more) => supervisor.start(...more),
    http,
    async scavenge() {
      onDisk();
      await scavenge(http);
    },
    async snapshot() {
      onDisk();
      return takeSnapshot(server);
    },
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
  return server;
}

const gossip = z.object({ members: z.array(z.object({ state: z.string() })) });

/** It is alive before it takes appends, and over TLS it has its users last of all. */
async function isLeader(http: EventStoreServer['http'], isSecure: boolean): Promise<boolean> {
  if (isSecure && (await http('GET', '/users/$current', undefined, 5_000)).status !== 200) return false;
  const answer = await http('GET', '/gossip', undefined, 5_000);
  return answer.status === 200 && gossip.parse(answer.json()).members.every(({ state }) => state === 'Leader');
}

/** Keeps the last of options with the same name: the server refuses one that comes twice. */
function withoutDoubles(options: readonly string[]): string[] {
  return [...new Map(options.map((option) => [option.split('=')[0], option])).values()];
}
