import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, DEFAULT_TIMEOUTS, type Timeouts } from '../../src/events/mcpServer.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startFixtureSseServer } from '../support/fixtureSseServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { addProgram, EndpointClient } from './stdio/world.ts';

const FIXTURE = new URL('../support/fixtureServer.ts', import.meta.url).pathname;
const TOOL = 'test_wait_until_cancelled';

/** The other one is never reached. */
const TIMEOUTS = {
  idle: { ...DEFAULT_TIMEOUTS, idleMs: 2_000 },
  total: { ...DEFAULT_TIMEOUTS, totalMs: 2_000 },
} satisfies Record<string, Timeouts>;
type TimeOut = keyof typeof TIMEOUTS;

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let apiKey: string;
beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  const http = setUp.use(await startFixtureServer());
  const sse = setUp.use(await startFixtureSseServer());
  gateway = setUp.use(await startTestGateway());
  ({ apiKey } = await gateway.createKey());
  for (const [what, timeouts] of Object.entries(TIMEOUTS)) {
    await gateway.addServer(`http-${what}`, http.url, {}, timeouts);
    const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.url, timeouts } as const;
    await gateway.stores.servers.register(`sse-${what}`, { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
    const args = [FIXTURE, '--transport', 'stdio'];
    await addProgram(gateway, `stdio-${what}`, { command: process.execPath, args, timeouts });
  }
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

interface Failure {
  readonly message: string;
  readonly data: object;
}

async function legacy(endpoint: string, prefix: string): Promise<Failure | undefined> {
  const client = new EndpointClient(gateway, endpoint, apiKey);
  // On a slow machine a program's start may take longer than the time-out.
  do await client.initialize();
  while (client.session === undefined);
  // A second call of a member over HTTP goes as bytes.
  await client.legacy('tools/call', { name: `${prefix}test_simple_text`, arguments: {} });
  const { body } = await client.legacy('tools/call', { name: `${prefix}${TOOL}`, arguments: { id: endpoint } });
  return body.error as Failure | undefined;
}

async function modern(endpoint: string, prefix: string): Promise<Failure | undefined> {
  const client = new EndpointClient(gateway, endpoint, apiKey);
  const { body } = await client.modern('tools/call', { name: `${prefix}${TOOL}`, arguments: { id: endpoint } });
  return body.error as Failure | undefined;
}

async function rest(server: string): Promise<Failure> {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/${server}/tools/${TOOL}/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: '{"arguments":{"id":"rest"}}',
  });
  const { detail, code, data } = (await answer.json()) as { detail: string; code: string; data: object };
  return { message: detail, data: { ...data, code } };
}

const WAYS: readonly (readonly [
  way: string,
  transport: string,
  call: (server: string) => Promise<Failure | undefined>,
])[] = [
  ['bytes to HTTP, legacy', 'http', (server) => legacy(server, '')],
  ['bytes to HTTP, modern', 'http', (server) => modern(server, '')],
  ['messages to HTTP+SSE', 'sse', (server) => legacy(server, '')],
  ['messages to a program, legacy', 'stdio', (server) => legacy(server, '')],
  ['messages to a program, modern', 'stdio', (server) => modern(server, '')],
  ['a member over HTTP, as bytes', 'http', (server) => legacy(`../mcp?servers=${server}`, `${server}__`)],
  ['a member over HTTP, as messages', 'http', (server) => modern(`../mcp?servers=${server}`, `${server}__`)],
  ['a member over HTTP+SSE', 'sse', (server) => legacy(`../mcp?servers=${server}`, `${server}__`)],
  ['a member that is a program', 'stdio', (server) => modern(`../mcp?servers=${server}`, `${server}__`)],
  ['REST to HTTP', 'http', rest],
  ['REST to HTTP+SSE', 'sse', rest],
  ['REST to a program', 'stdio', rest],
];

const CASES = WAYS.flatMap(([way, transport, call]) =>
  (Object.keys(TIMEOUTS) as TimeOut[]).map((what) => [what, way, transport, call] as const),
);

describe('a call that its server never answers', () => {
  test.concurrent.each(CASES)(
    'ends by the %s time-out, which is named with its setting: %s [proxy-timeout-named]',
    async (what, _way, transport, call) => {
      const server = `${transport}-${what}`;
      const failure = await call(server);
      expect(failure).toMatchObject({ data: { code: 'upstream-timeout', server, timeout: what, ms: 2_000 } });
      const done = { idle: 'sent nothing for', total: 'did not finish within' }[what];
      expect(failure?.message).toContain(
        `The server "${server}" ${done} 2 s, its ${what} time-out. To see what it does: `,
      );
      expect(failure?.message).toMatch(new RegExp(`servers update ${server} --${what}-timeout DURATION$`));
    },
  );
});
