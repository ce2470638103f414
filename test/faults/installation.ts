import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { openDatabaseLines, type DatabaseLines } from './databaseLines.ts';
import type { FaultyStore } from './faultyStore.ts';
import type { Journal } from './journal.ts';
import type { KeySubject } from './keySubject.ts';
import { outcomeOfCli, type Outcome } from './outcome.ts';
import { startReplica, type Replica } from './replica.ts';
import type { ServerSubject } from './serverSubject.ts';
import { startWaitingServer } from './waitingServer.ts';

/** A command and how it ended: the store's history is compared with these. */
export interface ExecutedCommand {
  /** In the event's name, title or reason; undefined where there is no room for it. */
  readonly tag: string | undefined;
  readonly what: string;
  readonly outcome: Outcome;
}

/** All of one MetaMCP: its stores, its gateways, its administration, and what is known of its keys and servers. */
export interface Installation extends AsyncDisposable {
  readonly store: FaultyStore;
  readonly cli: InProcessCli;
  readonly replicas: readonly Replica[];
  readonly journal: Journal;
  /** A key that no command changes. */
  readonly rootKey: string;
  /** An MCP server whose tool `wait` does not answer. */
  readonly backendUrl: string;
  /** The calls that it has under way. */
  readonly underWay: ReadonlySet<string>;
  /** The name of its registration, which no command changes. */
  readonly waiting: string;
  readonly lines: DatabaseLines;
  readonly keys: KeySubject[];
  readonly servers: ServerSubject[];
  readonly commands: ExecutedCommand[];
  /** Names of keys that may have been made by a command of unknown outcome. */
  readonly uncertainKeys: Set<string>;
  /** Streams whose loss was accepted. */
  readonly lostStreams: Set<string>;
  /** Runs a command of the CLI. */
  run(argv: readonly string[]): Promise<Outcome>;
  /** A client of the operator's own; it must not outlive a restart of the store. */
  operator<T>(work: (client: TestClient) => Promise<T>): Promise<T>;
}

export async function openInstallation(
  store: FaultyStore,
  { replicas: count, journal }: { replicas: number; journal: Journal },
): Promise<Installation> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  const backend = opened.use(await startWaitingServer());
  const lines = opened.use(openDatabaseLines(database.url));
  const cli = opened.use(
    await openInProcessCli((await lines.open('the CLI')).proxy.url, { EVENT_STORE_URL: store.url }),
  );

  async function run(argv: readonly string[]): Promise<Outcome> {
    return outcomeOfCli(argv, await cli.run([...argv.slice(0, 2), '--json', ...argv.slice(2)]));
  }

  const scopes = 'mcp,servers:read,servers:write';
  const made = await run(['keys', 'create', '--name', 'root', '--scope', scopes]);
  if (made.result !== 'done') throw new Error(`the first key was not made: ${JSON.stringify(made)}`);
  const replicas: Replica[] = [];
  for (let number = 1; number <= count; number += 1) {
    const name = `gateway-${number}`;
    const env = { ...cli.env, DATABASE_URL: (await lines.open(name)).proxy.url };
    replicas.push(opened.use(await startReplica({ name, home: cli.folder, env, journal })));
  }
  const waiting = 'waiting';
  const added = await run(['servers', 'add', waiting, '--url', backend.url]);
  if (added.result !== 'done') throw new Error(`the server was not added: ${JSON.stringify(added)}`);
  const closing = opened.move();
  return {
    ...{ store, cli, replicas, journal, run, lines, waiting, backendUrl: backend.url, underWay: backend.underWay },
    rootKey: made.document['api_key'] as string,
    ...{ keys: [], servers: [], commands: [], uncertainKeys: new Set(), lostStreams: new Set() },
    async operator(work) {
      await using client = openClient(store.operatorUrl);
      return await work(client);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
