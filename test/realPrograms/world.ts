import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { startEverythingServer } from '../support/everythingServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { addProgram } from '../gateway/stdio/world.ts';
import { SERVERS } from './packages.ts';

/** One gateway with servers as their users install them. */
export interface RealServers extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly apiKey: string;
  /** Clients keep their files here. */
  readonly home: string;
  /** What the server `files` serves. */
  readonly folder: string;
  /** Lets the server `slow` start, which waits. */
  letSlowStart(): Promise<void>;
  /** Adds a server `late`, of both eras. */
  addLate(): Promise<void>;
  disable(server: string): Promise<void>;
  /** The processes of the servers on stdio that this gateway has started. */
  processes(): Promise<number[]>;
}

/** The variable by which the processes are found. */
const MARK = 'REAL_PROGRAMS';

/** Starts the gateway, with its servers registered. */
export async function startRealServers(): Promise<RealServers> {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'metamcp-real-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const folder = join(home, 'files');
  await mkdir(folder);
  const [http, sse] = await Promise.all([startEverythingServer(), startEverythingServer('sse')]);
  opened.use(http);
  opened.use(sse);
  const gateway = opened.use(await startTestGateway());

  const mark = randomUUID();
  const add = (name: string, isolation: 'session' | 'shared', args: string[], env: Record<string, string> = {}) =>
    addProgram(gateway, name, { command: process.execPath, args, isolation, env: { ...env, [MARK]: mark } });
  await gateway.addServer('http', http.url);
  const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.url } as const;
  await gateway.stores.servers.register('sse', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  // It offers what its client can be asked.
  await add('stdio', 'session', [SERVERS.everything, 'stdio']);
  // It serves its client's roots.
  await add('files', 'session', [SERVERS.filesystem, folder]);
  await add('memory', 'shared', [SERVERS.memory], { MEMORY_FILE_PATH: join(home, 'memory.jsonl') });
  await add('thinking', 'shared', [SERVERS.sequentialThinking], { DISABLE_THOUGHT_LOGGING: 'true' });
  await add('context7', 'shared', [SERVERS.context7], { OTEL_SDK_DISABLED: 'true' });
  await add('tmcp', 'shared', [SERVERS.tmcp]);
  const startSlow = join(home, 'start-slow');
  await add('slow', 'shared', [SERVERS.slow, startSlow]);

  const { apiKey } = await gateway.createKey();
  const closing = opened.move();
  return {
    gateway,
    apiKey,
    home,
    folder,
    letSlowStart: () => writeFile(startSlow, ''),
    addLate: () => add('late', 'shared', [SERVERS.tmcp]),
    async disable(server) {
      await gateway.stores.servers.disable(server, undefined, TEST_CONTEXT);
    },
    processes: () => processesWith(`${MARK}=${mark}`),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function processesWith(variable: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      // A process of another user, or one that has ended.
      const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(variable) ? [Number(name)] : [];
    }),
  );
  return found.flat();
}
