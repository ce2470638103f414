import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { usageOf, type UsageRow } from '../../src/usage/usageQueries.ts';
import { startProgressHttp, startProgressSse } from '../api/progress/progressServers.ts';
import { CountingClient, FACES, type Carried, type Face } from './countingClient.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

const PROGRAM = join(import.meta.dirname, '../api/progress/progressProgram.ts');
const TRANSPORTS = ['http', 'sse', 'stdio'] as const;

let stack: AsyncDisposableStack;
let gateway: TestGateway;
beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  const urls = {
    http: setUp.use(await startProgressHttp()).url,
    sse: setUp.use(await startProgressSse()).url,
    stdio: undefined,
  };
  gateway = setUp.use(await startTestGateway());
  for (const transport of TRANSPORTS) {
    for (const [suffix, more] of Object.entries({
      '': {},
      '-busy': { limits: { ...DEFAULT_LIMITS, maxInFlight: 1 } },
      '-held': { onToolChange: 'hold' },
      '-off': {},
    })) {
      const target =
        transport === 'stdio'
          ? { transport, command: process.execPath, args: [PROGRAM], isolation: 'shared' }
          : { transport, url: urls[transport] };
      await gateway.stores.servers.register(
        `${transport}${suffix}`,
        { settings: { ...DEFAULT_SETTINGS, ...target, ...more } as never, secrets: { headers: {}, env: {} } },
        TEST_CONTEXT,
      );
    }
    await gateway.stores.servers.disable(`${transport}-off`, undefined, TEST_CONTEXT);
  }
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

/** The usage of a key at a server: what was counted for a tool, or of everything else. */
async function usageAt(keyId: string, server: string, tool: string | undefined): Promise<UsageRow | undefined> {
  const range = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
  const rows = await usageOf(gateway.stores.db, { ...range, keyId, server, groupBy: ['tool'] });
  return rows.find((row) => row.tool === tool);
}

interface Expected {
  readonly tool: string | undefined;
  readonly calls: number;
  /** Undefined: they are not known to the client. */
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

interface Case {
  /** What its name adds to that of the transport. */
  readonly server: string;
  readonly faces: readonly Face[];
  /** (Default: everything) */
  readonly grants?: readonly string[];
  readonly act: (client: CountingClient, face: Face) => Promise<Expected>;
}

const sum = (all: readonly Carried[]) => ({
  bytesIn: all.reduce((bytes, one) => bytes + one.bytesIn, 0),
  bytesOut: all.reduce((bytes, one) => bytes + one.bytesOut, 0),
});

/** Calls a tool twice: through `/mcp`, the second one goes to an HTTP server as bytes. */
async function twice(client: CountingClient, tool: string, outcomes: Record<string, number>): Promise<Expected> {
  const carried = [await client.call(tool, { text: 'ä€' }), await client.call(tool, { text: 'b' })];
  return { tool, calls: 2, ...sum(carried), outcomes };
}

const ALL = FACES;

/** Calls a tool of a server that the client does not get as far as: at `/mcp/<server>` the session does not begin either. */
function refusedAtOnce(outcome: string): Case['act'] {
  return async (client, face) => {
    await client.call('steps');
    const isRest = face.startsWith('REST');
    const calls = isRest ? 1 : 2;
    return { tool: isRest ? 'steps' : undefined, calls, outcomes: { [outcome]: calls } };
  };
}

const CASES: Readonly<Record<string, Case>> = {
  'a call that is answered': { server: '', faces: ALL, act: (client) => twice(client, 'steps', {}) },
  'a tool that says that it failed': {
    server: '',
    faces: ['REST', 'REST, line by line'],
    async act(client) {
      return {
        tool: 'steps',
        calls: 1,
        ...sum([await client.call('steps', { isError: true })]),
        outcomes: { 'tool-error': 1 },
      };
    },
  },
  'an error of the server': {
    server: '',
    faces: ALL,
    act: (client) => twice(client, 'late-failure', { 'upstream-rpc-error': 2 }),
  },
  'a tool that is withheld': {
    server: '-held',
    faces: ALL,
    async act(client) {
      await client.call('steps');
      return twice(client, 'never-seen', { 'tool-withheld': 2 });
    },
  },
  'a tool that is not granted': {
    server: '',
    faces: ALL,
    grants: TRANSPORTS.map((server) => `${server}:steps`),
    act: (client) => twice(client, 'large', { 'not-granted': 2 }),
  },
  'a server that is not granted': {
    server: '',
    faces: ['/mcp/<server>', 'REST', 'REST, line by line'],
    grants: ['other'],
    act: refusedAtOnce('server-not-granted'),
  },
  'a server that is disabled': {
    server: '-off',
    faces: ['/mcp/<server>', 'REST', 'REST, line by line'],
    act: refusedAtOnce('server-disabled'),
  },
  'a server without a free place': {
    server: '-busy',
    faces: ALL,
    async act(client) {
      const leaving = new AbortController();
      // One of the other calls may have the place at first.
      const takePlace = async (): Promise<void> => {
        while (!leaving.signal.aborted)
          await client.call('wait', { silently: true }, leaving.signal).catch(() => undefined);
      };
      const waiting = takePlace();
      const carried: Carried[] = [];
      // It takes the only place at some time.
      await vi.waitUntil(
        async () => {
          carried.push(await client.call('steps'));
          return carried.at(-1)!.text.includes('server-busy');
        },
        { timeout: 60_000 },
      );
      const ok = carried.length - 1;
      leaving.abort();
      await waiting;
      return { tool: 'steps', calls: ok + 1, ...sum(carried), outcomes: { 'server-busy': 1 } };
    },
  },
  'a client that leaves': {
    server: '',
    faces: ['REST', 'REST, line by line'],
    async act(client) {
      const leaving = new AbortController();
      const waiting = client.call('wait', {}, leaving.signal).catch(() => undefined);
      await setImmediate();
      await client.call('steps');
      leaving.abort();
      await waiting;
      return { tool: 'wait', calls: 1, outcomes: { 'client-closed': 1 } };
    },
  },
};

const ROWS = Object.entries(CASES).flatMap(([what, { faces, ...rest }]) =>
  faces.flatMap((face) => TRANSPORTS.map((transport) => ({ what, face, transport, ...rest }))),
);

describe('usage counts', () => {
  const done: { key: string; server: string; expected: Expected; name: string }[] = [];

  it('is held against what clients have sent and got', async () => {
    const keys = new Map<string, { readonly id: string; readonly apiKey: string }>();
    for (const { what, face, transport, server: suffix, grants = ['*'], act } of ROWS) {
      const server = `${transport}${suffix}`;
      // To make and to prove one takes long.
      const key = keys.get(what + face) ?? (await gateway.createKey({ grants: [...grants] }));
      keys.set(what + face, key);
      const client = await new CountingClient(gateway, server, face, key.apiKey).begin();
      const expected = await act(client, face);
      await client.end();
      done.push({
        key: key.id,
        server,
        expected,
        name: `${what} at ${face} over ${transport}`,
      });
    }
    // While its calls are judged its program is held, which a stop waits for.
    await gateway.stores.servers.disable('stdio-held', undefined, TEST_CONTEXT);
    // A stop writes the counters down.
    await gateway.restart();
    expect(done.length).toBe(ROWS.length);
  });

  it.for(ROWS.map((row, at) => ({ ...row, at })))(
    '$what at $face over $transport [usage-bytes] [usage-outcomes]',
    async ({ at }) => {
      const { key, server, expected, name } = done[at]!;
      const { tool, calls, outcomes, ...bytes } = expected;
      const found = await usageAt(key, server, tool);
      expect({ name, ...found }).toMatchObject({ name, calls, outcomes, ...bytes });
      expect(found?.failed).toBe(Object.values(outcomes).reduce((all, count) => all + count, 0));
    },
  );
});

it('a mixed load with clients that leave and servers that break counts each call once, and all bytes [usage-exact] [usage-bytes]', async () => {
  const { id, apiKey } = await gateway.createKey();
  const sent = new Map<string, number>();
  const carried: Carried[] = [];
  const load = async (server: string, face: Face): Promise<void> => {
    const client = await new CountingClient(gateway, server, face, apiKey).begin();
    const call = async (tool: string, signal?: AbortSignal): Promise<void> => {
      sent.set(tool, (sent.get(tool) ?? 0) + 1);
      const one = await client.call(tool, {}, signal);
      if (tool === 'steps') carried.push(one);
    };
    await Promise.all([call('steps'), call('late-failure'), call('steps'), call('no-such-tool')]);
    const leaving = new AbortController();
    const waiting = call('wait', leaving.signal).catch(() => undefined);
    await call('steps');
    leaving.abort();
    await waiting;
    // What runs beside it fails with it, so it runs alone.
    await call('crash').catch(() => undefined);
    await client.end();
  };
  for (const face of FACES) for (const server of TRANSPORTS) await load(server, face);
  await gateway.restart();
  const range = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
  const rows = await usageOf(gateway.stores.db, { ...range, keyId: id, groupBy: ['tool'] });
  const counted = new Map(rows.flatMap(({ tool, calls }) => (tool === undefined ? [] : [[tool, calls] as const])));
  expect(counted).toEqual(sent);
  expect(rows.find(({ tool }) => tool === 'steps')).toMatchObject({ ...sum(carried), outcomes: {} });
});
