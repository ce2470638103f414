import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { NewEvent } from '../src/events/eventStore.ts';
import { openEventStoreDb } from '../src/events/eventStoreDb.ts';
import { createLogger } from '../src/logging/logger.ts';
import { startEventStoreServer } from '../test/support/eventStoreServer.ts';

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

/** Strangers' events in an append, and bytes of data in each. */
const BATCH = 1_000;
const BYTES = 200;

/** Commands measured at a time; the median counts. */
const RUNS = 5;

/**
 * Measures what other users of an EventStoreDB cost ours: commands of the CLI as whole processes, before there is anybody
 * else, right after others have written, and from then on.
 * @param eventStoreUrl a server that is empty or shared; undefined: the server that TEST_EVENT_STORE_SERVER starts
 */
export async function measureStrangers(home: string, count: number, eventStoreUrl: string | undefined): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const url = eventStoreUrl ?? opened.use(await startEventStoreServer()).url;
  const prefix = `bench${randomBytes(4).toString('hex')}-`;
  const env = { METAMCP_HOME: home, EVENT_STORE_URL: url, EVENT_STORE_PREFIX: prefix, LOG_LEVEL: 'error' };
  console.log(`\n${count.toLocaleString('en')} events of strangers (${BYTES} bytes each) in the same EventStoreDB`);

  const created = await runCli(env, ['keys', 'create', '--name', 'bench', '--json']);
  const { id } = JSON.parse(created.stdout) as { id: string };
  const list = ['keys', 'list', '--json'];
  const before = await median(env, () => list);
  await writeStrangers(url, count);
  const first = (await runCli(env, list)).ms;
  const after = await median(env, () => list);
  console.log(`  keys list        ${ms(before)} without, ${ms(first)} the first time after, ${ms(after)} from then on`);
  console.log(`                   ratio ${(after / before).toFixed(2)}`);
  let round = 0;
  const revoke = await median(env, () => ['keys', round++ % 2 === 0 ? 'inactivate' : 'activate', id]);
  console.log(`  keys inactivate  ${ms(revoke)} from then on`);
}

async function writeStrangers(url: string, count: number): Promise<void> {
  await using store = openEventStoreDb({ url, streams: ['stranger-'], logger: createLogger('silent') });
  const stream = `stranger-${randomUUID()}`;
  const text = 'x'.repeat(BYTES);
  for (let written = 0; written < count; written += BATCH) {
    const events = Array.from({ length: BATCH }, (): NewEvent => {
      return { id: randomUUID(), type: 'OrderPlaced', data: { text }, metadata: {} };
    });
    await store.append(stream, written === 0 ? 'no-stream' : written - 1, events);
  }
}

async function median(env: Record<string, string>, command: () => readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i += 1) times.push((await runCli(env, command())).ms);
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? NaN;
}

async function runCli(
  env: Record<string, string>,
  args: readonly string[],
): Promise<{ readonly ms: number; readonly stdout: string }> {
  const start = performance.now();
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`metamcp-cli ${args.join(' ')} ended with ${String(code)}`);
  return { ms: performance.now() - start, stdout };
}

function ms(value: number): string {
  return `${(value / 1_000).toFixed(2)} s`;
}
