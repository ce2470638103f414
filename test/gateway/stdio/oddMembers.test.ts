import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../src/events/mcpServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../../support/testGateway.ts';
import { butFor, startSseServer, type SseServer } from '../../upstream/sse/sseServer.ts';
import { legacyScript, startScriptedServer, type ScriptedServer } from '../../upstream/support/scriptedServer.ts';
import { processesWith } from '../../upstream/stdio/oddWorld.ts';
import { addOdd, addProgram, EndpointClient, markOf } from './world.ts';

/** Programs with an oddity, by its name. */
const SERVED = ['list', 'dense', 'hides', 'floods', 'raves', 'shouts'] as const;
const PROGRAMS = [...SERVED, 'unlisted', 'exits', 'deaf'] as const;

let opened: AsyncDisposableStack;
let gateway: TestGateway;
let http: ScriptedServer;
let sse: SseServer;
let client: EndpointClient;

beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  http = setUp.use(await startScriptedServer(legacyScript()));
  sse = setUp.use(await startSseServer());
  const silent = setUp.use(await startScriptedServer(() => undefined));
  const unlisted = setUp.use(await startSseServer({ message: butFor('tools/list', () => undefined) }));
  gateway = setUp.use(await startTestGateway());
  for (const name of PROGRAMS) await addOdd(gateway, name, name);
  await addProgram(gateway, 'calm');
  await gateway.addServer('http', http.url.href);
  await gateway.addServer('http-silent', silent.url.href);
  for (const [name, { url }] of Object.entries({ sse, 'sse-unlisted': unlisted })) {
    const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: url.href } as const;
    await gateway.stores.servers.register(name, { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  }
  client = new EndpointClient(gateway, '', (await gateway.createKey()).apiKey);
  opened = setUp.move();
});
afterAll(() => opened.disposeAsync());

/** Reads all pages of the tools. */
async function listAll(): Promise<{ names: string[]; failures: Record<string, string> | undefined }> {
  const names: string[] = [];
  let failures: Record<string, string> | undefined;
  let cursor: string | undefined;
  do {
    const { body } = await client.legacy('tools/list', cursor === undefined ? {} : { cursor });
    const page = body.result as {
      tools: { name: string }[];
      nextCursor?: string;
      _meta?: { 'metamcp/servers'?: Record<string, string> };
    };
    names.push(...page.tools.map(({ name }) => name));
    failures = page._meta?.['metamcp/servers'];
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { names, failures };
}

test('odd members cost the others nothing: their tools are listed whole and called, and the odd ones’ state is named [ops-stdio-alone] [aggregate-one-broken]', async () => {
  await client.initialize();
  const healthy = ['calm__who', 'http__greet', 'sse__greet', ...SERVED.map((name) => `${name}__tool-0`)];
  await expect.poll(async () => (await listAll()).names, { timeout: 60_000 }).toEqual(expect.arrayContaining(healthy));
  const { names, failures } = await listAll();
  expect(names).toEqual(expect.arrayContaining(healthy));
  expect(names.filter((name) => name.startsWith('list__'))).toHaveLength(10_000);
  expect(names.filter((name) => name.startsWith('dense__'))).toHaveLength(1_200);
  expect(failures).toEqual({
    unlisted: 'starting',
    deaf: 'starting',
    exits: 'upstream-process-ended',
    'http-silent': 'starting',
    'sse-unlisted': 'starting',
  });
  const calls = ['calm__who', 'http__greet', 'sse__greet', 'hides__pid'].map((name) =>
    client.legacy('tools/call', { name, arguments: {} }),
  );
  for (const { body } of await Promise.all(calls)) expect(body.result).toHaveProperty('content');
});

test('what members have started hides in vain: it is gone when the gateway stops [ops-stdio-nothing-left]', async () => {
  expect(processesWith(markOf('hides')).length).toBeGreaterThan(2);
  await opened.disposeAsync();
  await expect.poll(() => processesWith(`-${String(process.pid)}`)).toEqual([]);
});
