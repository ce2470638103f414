import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { openReadersShell, type ReadersShell } from './readersShell.ts';
import { commandsOf } from './shellBlocks.ts';

const DOCUMENT = new URL('../../docs/operating.md', import.meta.url);
const EXAMPLE_URL = 'esdb://admin:password@events.example.com:2113';

let server: WireServer;
let shell: ReadersShell;

beforeAll(async () => {
  server = await openWireServer({ systemTraffic: true });
  shell = await openReadersShell({ prepare: (script) => script.replace(EXAMPLE_URL, server.url) });
});
afterAll(async () => {
  await shell[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

it('docs/operating.md shows commands that work, in their order [cli-readme]', async () => {
  await shell.run('./metamcp-cli servers add calculator --url http://127.0.0.1:9/mcp --header "X-Secret: hidden"');
  const made = JSON.parse(await shell.run('./metamcp-cli keys create --name reader --json')) as { api_key: string };
  const commands = commandsOf(DOCUMENT);
  expect(commands.length).toBeGreaterThan(15);
  for (const command of commands) await shell.run(command);
  expect(shell.env).not.toHaveProperty('EVENT_STORE_URL');
  const listed = JSON.parse(await shell.run('./metamcp-cli keys list --json')) as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual(['reader']);
  // The key has outlived the move there and back, and another ENCRYPTION_KEY.
  await shell.run(`printf %s '${made.api_key}' | ./metamcp-cli keys verify`);
});
