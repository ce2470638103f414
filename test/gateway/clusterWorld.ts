import { setTimeout as delay } from 'node:timers/promises';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { openInProcessCli } from '../cli/inProcess.ts';
import { startCli, type CliProcess } from '../support/cliProcess.ts';
import { startEventStoreCluster } from '../support/eventStoreCluster.ts';
import { initializeAt } from './initializeAt.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

/** Calls that go on, one after the other, until they are to end. */
export interface Traffic {
  /** How many calls were answered by each HTTP status; 0: by none. */
  readonly answers: ReadonlyMap<number, number>;
  end(): Promise<void>;
}

/** Gateways and commands on three real nodes over TLS, which they reach by proxies. */
export type ClusterWorld = Awaited<ReturnType<typeof openClusterWorld>>;

export async function openClusterWorld() {
  await using opened = new AsyncDisposableStack();
  const [cluster, database] = await Promise.all([
    startEventStoreCluster({ tls: true, proxied: true }).then((started) => opened.use(started)),
    createTestDatabase().then((created) => opened.use(created)),
  ]);
  const cli = opened.use(await openInProcessCli(database.url, { EVENT_STORE_URL: cluster.url }));
  const calculator = opened.use(await startBackendServer1({ port: 0 }));
  await cli.run(['servers', 'add', 'calculator', '--url', calculator.url]);
  /** What tests start. */
  const programs = opened.use(new AsyncDisposableStack());
  const admin = (await createKey('--scope', 'mcp,servers:write,servers:read')).apiKey;

  async function createKey(...options: string[]): Promise<{ id: string; apiKey: string }> {
    const { code, document } = await cli.json(['keys', 'create', '--name', 'k', ...options]);
    if (code !== 0) throw new Error(JSON.stringify(document));
    return { id: document.id, apiKey: document.api_key };
  }

  async function startGateway(): Promise<GatewayProcess> {
    return programs.use(await startGatewayProcess({ home: cli.folder, env: cli.env }));
  }

  /** Calls every gateway without pause. */
  function startTraffic(gateways: readonly GatewayProcess[]): Traffic {
    const answers = new Map<number, number>();
    let isOver = false;
    const callers = gateways.map(async (gateway) => {
      while (!isOver) {
        const status = await initializeAt(gateway, admin).catch(() => 0);
        answers.set(status, (answers.get(status) ?? 0) + 1);
        // The processors are for the nodes.
        await delay(20);
      }
    });
    return {
      answers,
      async end() {
        isOver = true;
        await Promise.all(callers);
      },
    };
  }

  /** Changes something through a gateway. @returns the HTTP status */
  async function register({ url }: GatewayProcess, name: string): Promise<number> {
    const answer = await fetch(`${url}/api/v1/mcp/servers`, {
      method: 'POST',
      headers: { 'x-api-key': admin, 'content-type': 'application/json' },
      body: JSON.stringify({ name, url: 'http://127.0.0.1:9/mcp' }),
    });
    await answer.text();
    return answer.status;
  }

  /** Opens the stores of a process that lives long: unlike a command, it does not bring the read tables up to date first. */
  function openLongLived(): Promise<Stores> {
    const settings = readSettings({ env: cli.env, cwd: cli.folder });
    return openStores({ settings, logger: createLogger('silent'), applicationName: 'test' });
  }

  /** Starts a command in a process of its own. */
  function start(argv: readonly string[], settings: Readonly<Record<string, string>> = {}): CliProcess {
    const command = startCli(argv, { ...cli.env, ...settings }, cli.folder);
    programs.defer(() => void command.child.kill('SIGKILL'));
    return command;
  }

  const closing = opened.move();
  return {
    cluster,
    database,
    cli,
    createKey,
    startGateway,
    call: initializeAt,
    startTraffic,
    register,
    openLongLived,
    start,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
