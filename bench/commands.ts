import { randomBytes, randomUUID } from 'node:crypto';
import { readSettings } from '../src/settings/settings.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../src/events/mcpServer.ts';
import { chain } from '../src/events/hashChain.ts';
import { createLogger } from '../src/logging/logger.ts';
import { openStores, type Stores } from '../src/stores/stores.ts';
import { realServerCommand, startEventStoreServer } from '../test/support/eventStoreServer.ts';

const LENGTHS = [100, 1_000, 10_000];

/** Commands measured on each stream: the first one reads all of it. */
const COMMANDS = 40;

const SETTINGS = {
  transport: 'http',
  url: 'http://127.0.0.1:1/mcp',
  isolation: 'session',
  limits: DEFAULT_LIMITS,
  timeouts: DEFAULT_TIMEOUTS,
} as const;

const context = () => ({ actor: 'system:bench', correlationId: randomUUID(), causationId: randomUUID() });

/**
 * Measures what one command costs on streams of 100, 1,000 and 10,000 events, until it is reported: in the embedded Postgres,
 * and in an EventStoreDB where there is one.
 */
export async function measureCommands(
  [postgres = '', eventStoreDb = '']: readonly string[],
  eventStoreUrl: string | undefined,
): Promise<void> {
  await measureStore('embedded Postgres', { METAMCP_HOME: postgres });
  if (eventStoreUrl === undefined && realServerCommand() === undefined) return;
  await using opened = new AsyncDisposableStack();
  const url = eventStoreUrl ?? opened.use(await startEventStoreServer()).url;
  const EVENT_STORE_PREFIX = `bench${randomBytes(4).toString('hex')}-`;
  await measureStore('EventStoreDB', { METAMCP_HOME: eventStoreDb, EVENT_STORE_URL: url, EVENT_STORE_PREFIX });
}

async function measureStore(where: string, env: Record<string, string>): Promise<void> {
  const settings = { ...readSettings({ env }), logLevel: 'warn' as const };
  const logger = createLogger(settings.logLevel);
  await using stores = await openStores({ settings, logger, applicationName: 'metamcp bench' });
  console.log(`\nOne command on a long stream, ${where}`);
  for (const length of LENGTHS) {
    const name = `long-${String(length)}-${randomUUID().slice(0, 8)}`;
    await seed(stores, name, length);
    await stores.projections.pump();
    const times: number[] = [];
    for (let n = 0; n < COMMANDS; n += 1) {
      const start = performance.now();
      await stores.servers[n % 2 === 0 ? 'disable' : 'enable'](name, undefined, context());
      times.push(performance.now() - start);
    }
    const [first = 0, ...rest] = times;
    const median = rest.toSorted((a, b) => a - b)[Math.floor(rest.length / 2)] ?? 0;
    const events = `${length.toLocaleString('en')} events`.padStart(13);
    console.log(`  ${events}: the first ${first.toFixed(1)} ms, then ${median.toFixed(1)} ms (median)`);
  }
}

async function seed({ vault, events }: Stores, name: string, length: number): Promise<void> {
  const stream = `mcpServer-${name}`;
  const metadata = { schema: 1, at: new Date().toISOString(), ...context() };
  const chained = chain(
    await vault.systemKey('chain'),
    stream,
    undefined,
    Array.from({ length }, (_, at) => ({
      id: randomUUID(),
      type: at === 0 ? 'McpServerRegistered' : 'McpServerUpdated',
      data: { ...SETTINGS, title: `title ${String(at)}` },
      metadata,
    })),
  );
  for (let at = 0; at < length; at += 500) {
    await events.append(stream, at === 0 ? 'no-stream' : at - 1, chained.slice(at, at + 500));
  }
}
