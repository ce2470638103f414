import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { fc } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { DEFAULT_LIMITS } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openStores } from '../../src/stores/stores.ts';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { bytesOf, hostileBody, openHostileClient, type HostileBody } from './hostileClient.ts';
import { startHostileServer, trick, type Trick } from './hostileServer.ts';

// Bodies, answers and servers that cost more than their bytes tell, against a gateway in a process of its own with a small
// heap. Longer, or again: HOSTILE_SEED=… HOSTILE_ROUNDS=… npx vitest run test/hostile

/** The gateway's heap, in MiB. */
const HEAP_MIB = 512;
/** What its memory may come to: the heap, what the bounds of bodies let it hold besides, and the program itself. */
const MAX_RSS_MIB = 800;
/** Exchanges that one round has at once: of two keys, so that the bounds of one are not all there is. */
const AT_ONCE = 8;
const PATIENCE_MS = 4_000;

const seed = process.env['HOSTILE_SEED'] === undefined ? randomInt(1_000_000) : Number(process.env['HOSTILE_SEED']);
const rounds = Number(process.env['HOSTILE_ROUNDS'] ?? '6');
process.stderr.write(`test/hostile: HOSTILE_SEED=${seed} HOSTILE_ROUNDS=${rounds}\n`);

type Round =
  | { readonly of: 'bodies'; readonly bodies: readonly HostileBody[] }
  | { readonly of: 'answers'; readonly trick: Trick; readonly via: 'list' | 'execute' | 'mcp' };

const round: fc.Arbitrary<Round> = fc.oneof(
  fc.record({ of: fc.constant('bodies' as const), bodies: fc.array(hostileBody, { minLength: 2, maxLength: 4 }) }),
  fc.record({
    of: fc.constant('answers' as const),
    trick,
    via: fc.constantFrom('list' as const, 'execute' as const, 'mcp' as const),
  }),
);

const costly = (kind: string, changes: Partial<HostileBody> = {}): HostileBody => ({
  to: 'mcp',
  json: { kind, bytes: 15 * 1024 * 1024 },
  place: '_meta',
  pieces: undefined,
  unfinished: false,
  ...changes,
});
const twice = (body: HostileBody): Round => ({ of: 'bodies', bodies: [body, body] });

/** What has ended a gateway once, or would end one that lacks one of the bounds. */
const KNOWN: readonly Round[] = [
  { of: 'answers', trick: { what: 'endless', line: 'data: a\n', as: 'event' }, via: 'list' },
  { of: 'answers', trick: { what: 'endless', line: 'data\r', as: 'event' }, via: 'mcp' },
  {
    of: 'answers',
    trick: { what: 'json', json: { kind: 'empty lists', bytes: 15 * 1024 * 1024 }, as: 'json', pieces: 65_536 },
    via: 'execute',
  },
  twice(costly('members')),
  twice(costly('nesting', { place: 'arguments' })),
  twice(costly('empty objects', { to: 'execute', place: 'arguments' })),
];

it('a gateway with a heap of 512 MiB survives whatever costs more than its bytes tell, and goes on answering [ops-hostile-costs]', async () => {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'metamcp-hostile-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const database = opened.use(await createTestDatabase());
  const env = {
    DATABASE_URL: database.url,
    JWT_SECRET: randomBytes(32).toString('base64'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'warn',
  };
  const server = opened.use(await startHostileServer());
  const keys = await prepare({ METAMCP_HOME: home, ...env }, server.url);
  const gateway = opened.use(
    await startGatewayProcess({
      home,
      env: { ...env, LOG_LEVEL: 'info', NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
    }),
  );
  const client = opened.use(openHostileClient(gateway.url, PATIENCE_MS));
  const pings = opened.use(startPings(gateway.url));

  const told: string[] = [];
  for (const each of [...KNOWN, ...fc.sample(round, { seed, numRuns: rounds })]) {
    const from = performance.now();
    const statuses = await play(each);
    told.push(
      `${JSON.stringify(each).slice(0, 400)} -> ${statuses.join(' ')}; ${Math.round(performance.now() - from)} ms, ` +
        `peak ${peakMib(gateway.pid) ?? '?'} MiB, longest ping ${(await pings.waits()).longestMs} ms`,
    );
    expect(isAlive(gateway.pid), `the gateway ended:\n${told.join('\n')}\n${gateway.log.slice(-20).join('\n')}`).toBe(
      true,
    );
  }
  // Whoever behaves is served, as soon as what was sent last is dealt with.
  await expect.poll(async () => (await fetch(`${gateway.url}/health`)).status).toBe(200);
  const peak = peakMib(gateway.pid);
  const { longestMs, count } = await pings.waits();
  process.stderr.write(`test/hostile: peak ${peak ?? '?'} MiB, longest ping ${longestMs} ms of ${count}
`);
  if (process.env['HOSTILE_SHOW'] === '1') process.stderr.write(`${told.join('\n')}\n`);
  if (peak !== undefined) expect(peak, `HOSTILE_SEED=${seed}\n${told.join('\n')}`).toBeLessThan(MAX_RSS_MIB);

  async function play(each: Round): Promise<number[]> {
    if (each.of === 'bodies') {
      server.play({ what: 'pages', bytes: 10 });
      const sent = each.bodies.flatMap((body) => {
        const { pieces, unfinished } = body;
        const bytes = bytesOf(body);
        return keys.map((key) => client.send({ ...bytes, key, pieces, unfinished }));
      });
      return await Promise.all(sent);
    }
    server.play(each.trick);
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const asked = {
      list: { method: 'GET', path: '/api/v1/mcp/servers/hostile/tools' },
      execute: { path: '/api/v1/mcp/servers/hostile/tools/read/execute', body: Buffer.from('{}') },
      mcp: { path: '/mcp/hostile', body: Buffer.from(JSON.stringify(message)) },
    }[each.via];
    return await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => client.send({ ...asked, key: keys[at % 2]! })));
  }
}, 600_000);

/** Registers the server and makes a key for all of it, and one for some of its tools. */
async function prepare(env: Record<string, string>, url: string): Promise<string[]> {
  const config = readSettings({ env, cwd: env['METAMCP_HOME']! });
  await using stores = await openStores({
    settings: config,
    logger: createLogger('error'),
    applicationName: 'metamcp hostile test',
  });
  const timeouts = { connectMs: 2_000, idleMs: 1_500, totalMs: 3_000 };
  const settings = { transport: 'http' as const, url, isolation: 'session' as const, limits: DEFAULT_LIMITS, timeouts };
  await stores.servers.register('hostile', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  const keys: string[] = [];
  for (const grants of [['*'], ['hostile:read*']]) {
    const { apiKey } = await stores.keys.create(
      { name: 'hostile', scopes: ['mcp', 'servers:write', 'servers:read'], grants },
      TEST_CONTEXT,
    );
    keys.push(apiKey);
  }
  return keys;
}

interface Waits {
  readonly longestMs: number;
  readonly count: number;
}

/** Asks for a sign of life again and again: the longest wait tells how long the event loop stood still, of at most two cores. */
function startPings(url: string): AsyncDisposable & { waits: () => Promise<Waits> } {
  const worker = new Worker(new URL('pings.ts', import.meta.url), { workerData: url });
  return {
    async waits() {
      worker.postMessage('');
      const [waits] = (await once(worker, 'message')) as [Waits];
      return waits;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The most memory that a process has had, where the system tells (Linux). */
function peakMib(pid: number): number | undefined {
  const file = `/proc/${pid}/status`;
  const kib = existsSync(file) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
  return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
}
