import { fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { realServerCommand, startEventStoreServer } from '../test/support/eventStoreServer.ts';
import type { Step, StepResult } from './historyStep.ts';

const STEP = fileURLToPath(new URL('./historyStep.ts', import.meta.url));
const WIRE_SERVER = fileURLToPath(new URL('../test/support/eventStoreDb/main.ts', import.meta.url));

/**
 * Measures what a long history costs: bringing empty read tables up to it, rebuilding the largest of them, verifying it,
 * and starting a gateway on it; in the embedded Postgres, and in an EventStoreDB (else the wire server of the tests, which
 * keeps everything in its own memory: figures of our side, not of EventStoreDB's).
 */
export async function measureHistory(
  [postgres = '', eventStoreDb = '']: readonly string[],
  events: number,
  eventStoreUrl: string | undefined,
): Promise<void> {
  console.log(`\n${events.toLocaleString('en')} events, each step in a process of its own`);
  await measureStore('embedded Postgres', { METAMCP_HOME: postgres }, events);

  if (eventStoreUrl !== undefined || realServerCommand() !== undefined) {
    await using opened = new AsyncDisposableStack();
    const url = eventStoreUrl ?? opened.use(await startEventStoreServer({ storage: 'disk' })).url;
    const EVENT_STORE_PREFIX = `bench${randomBytes(4).toString('hex')}-`;
    await measureStore(
      'EventStoreDB',
      { METAMCP_HOME: eventStoreDb, EVENT_STORE_URL: url, EVENT_STORE_PREFIX },
      events,
    );
    return;
  }
  const server = spawn(process.execPath, [WIRE_SERVER], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [url] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    await measureStore('EventStoreDB protocol', { METAMCP_HOME: eventStoreDb, EVENT_STORE_URL: url }, events);
  } finally {
    server.kill();
    await once(server, 'exit');
  }
}

async function measureStore(name: string, env: Record<string, string>, events: number): Promise<void> {
  console.log(`  ${name}`);
  for (const step of ['seed', 'catch-up', 'start', 'rebuild', 'verify'] as const) {
    const { ms, peakRssBytes } = await runStep(step, { ...env, EVENTS: String(events) });
    const rate = step === 'start' ? '' : `, ${((events / ms) * 1_000).toFixed(0)} events/s`;
    console.log(
      `    ${step.padEnd(9)} ${(ms / 1_000).toFixed(2).padStart(8)} s${rate}; at most ${(peakRssBytes / 1e6).toFixed(0)} MB`,
    );
  }
}

async function runStep(step: Step, env: Record<string, string>): Promise<StepResult> {
  const child = fork(STEP, { env: { ...process.env, ...env, STEP: step } });
  const exited = once(child, 'exit');
  const [result] = (await Promise.race([once(child, 'message'), exited])) as [StepResult | number];
  if (typeof result === 'number') throw new Error(`the step ${step} ended with ${result}`);
  await exited;
  return result;
}
