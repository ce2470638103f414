import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'vitest';
import { makeApiKey } from '../../src/auth/keyFormat.ts';
import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { HOSTILE } from './hostileText.ts';
import { openInProcessCli, type Document, type InProcessCli } from './inProcess.ts';
import { keepStores } from './keptStores.ts';

/** The id of no key. */
export const NOBODY = '00000000-0000-7000-8000-000000000000';

/** What the commands of the matrix work on. */
export interface World extends AsyncDisposable {
  readonly cli: InProcessCli;
  /** Makes a key. */
  key(): Promise<Document>;
  /** Registers a server. */
  server(): Promise<string>;
  /** Creates a role. */
  role(): Promise<string>;
  /** Registers a server and puts an event into its stream that nobody can read. @returns where: `stream@revision` */
  unreadableEvent(): Promise<string>;
  /** Writes a file in the working directory. */
  file(name: string, text: string): Promise<string>;
  readonly eventStoreUrl: string;
  /** Another installation, which runs. */
  readonly gateway: TestGateway;
  readonly gatewayKey: string;
  /** Well-formed, and of no installation. */
  readonly foreignKey: string;
}

/** Makes an installation with a key and a server, and an MCP server that answers. */
export async function openWorld(): Promise<World> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  const kept = opened.use(keepStores());
  const cli = opened.use(await openInProcessCli(database.url, {}, kept.open));
  const fixture = opened.use(await startFixtureServer());
  const eventStore = opened.use(await openWireServer());
  const gateway = opened.use(await startTestGateway());
  const gatewayKey = (await gateway.createKey()).apiKey;
  let count = 0;
  let keys = 0;
  const server = async (): Promise<string> => {
    count += 1;
    const name = `server-${String(count)}`;
    await cli.run(['servers', 'add', name, '--url', fixture.url, '--header', 'X-Secret: hush']);
    return name;
  };
  const closing = opened.move();
  return {
    cli,
    eventStoreUrl: eventStore.url,
    gateway,
    gatewayKey,
    foreignKey: makeApiKey(NOBODY, Buffer.alloc(32, 1)).text,
    async key() {
      keys += 1;
      return (await cli.json(['keys', 'create', '--name', `ci-${String(keys)}`])).document;
    },
    server,
    async role() {
      count += 1;
      const name = `role-${String(count)}`;
      await cli.run(['roles', 'create', name, '--grant', 'jira', '--description', HOSTILE]);
      return name;
    },
    async unreadableEvent() {
      const stream = `mcpServer-${await server()}`;
      await using events = openPostgresStore({ db: database.db, logger: createLogger('silent') });
      const event = { id: randomUUID(), type: 'McpServerUpdated', data: {}, metadata: {} };
      await events.append(stream, 0, [event]);
      return `${stream}@1`;
    },
    async file(name, text) {
      await writeFile(join(cli.folder, name), text);
      return name;
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Registers a test where it says something of the row at hand. */
export function where(applies: boolean): (name: string, test: () => Promise<void>) => void {
  return (name, test) => {
    if (applies) it(name, test);
  };
}
