import { randomUUID } from 'node:crypto';
import { readSettings } from '../src/settings/settings.ts';
import { apiKeyStream } from '../src/events/streamName.ts';
import type { NewEvent } from '../src/events/eventStore.ts';
import { chain } from '../src/events/hashChain.ts';
import type { Sealed } from '../src/events/sealed.ts';
import { startGateway } from '../src/gateway.ts';
import { uuidV7 } from '../src/ids.ts';
import { createLogger } from '../src/logging/logger.ts';
import { openStores, type Stores } from '../src/stores/stores.ts';

/** One thing that is done with a long history. */
export type Step = 'seed' | 'catch-up' | 'rebuild' | 'verify' | 'start';

/** What a step tells its parent when it is done. */
export interface StepResult {
  readonly ms: number;
  /** The most that the process has held at any time, in bytes. */
  readonly peakRssBytes: number;
}

/** Events of each key's stream: created, then inactivated and activated in turn. */
export const EVENTS_PER_KEY = 100;

/** Appends that are under way at once. */
const CALLERS = 64;

// One step in a process of its own, so that its memory is its own: STEP, and for seeding EVENTS.

const step = process.env['STEP'] as Step;
const settings = { ...readSettings(), port: 0, logLevel: 'error' as const };
const logger = createLogger(settings.logLevel);
const open = () => openStores({ settings, logger, applicationName: 'metamcp bench' });

if (step === 'start') {
  const start = performance.now();
  const stores = await open();
  const gateway = await startGateway({ settings, stores, logger });
  await tell(performance.now() - start);
  await gateway[Symbol.asyncDispose]();
  await stores[Symbol.asyncDispose]();
} else {
  const stores = await open();
  const start = performance.now();
  await run(stores);
  await tell(performance.now() - start);
  await stores[Symbol.asyncDispose]();
}

async function run(stores: Stores): Promise<void> {
  if (step === 'seed') return seed(stores, Number(process.env['EVENTS']));
  if (step === 'catch-up') return stores.projections.pump();
  if (step === 'rebuild') {
    await stores.projections.rebuild({ projections: ['audit_events'], acceptLoss: false });
    return;
  }
  const report = await stores.audit.verify();
  if (report.fault !== undefined) throw new Error(`the history does not verify: ${report.fault.kind}`);
}

async function tell(ms: number): Promise<void> {
  // maxRSS is in KiB (getrusage).
  const result: StepResult = { ms, peakRssBytes: process.resourceUsage().maxRSS * 1024 };
  await new Promise((sent) => process.send?.(result, sent));
  process.disconnect();
}

async function seed(stores: Stores, events: number): Promise<void> {
  const chainKey = await stores.vault.systemKey('chain');
  let left = Math.ceil(events / EVENTS_PER_KEY);
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const id = uuidV7(Date.now());
      const stream = apiKeyStream(id);
      await stores.events.append(
        stream,
        'no-stream',
        chain(chainKey, stream, undefined, historyOf(id, await seal(stores, stream))),
      );
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** As large as a key's secrets are. */
async function seal({ vault }: Stores, stream: string): Promise<Sealed> {
  return vault.seal(await vault.createDek(stream), stream, { fingerprint: 'f'.repeat(43), hash: 'h'.repeat(97) });
}

function historyOf(id: string, sealed: Sealed): NewEvent[] {
  const metadata = {
    schema: 1,
    at: new Date().toISOString(),
    actor: 'system:bench',
    correlationId: id,
    causationId: id,
  };
  return Array.from({ length: EVENTS_PER_KEY }, (_, n) => {
    if (n > 0)
      return { id: randomUUID(), type: n % 2 === 1 ? 'ApiKeyInactivated' : 'ApiKeyActivated', data: {}, metadata };
    const data = { name: `key ${id}`, scopes: ['mcp'], grants: ['*'], sealed: { ...sealed } };
    return { id: randomUUID(), type: 'ApiKeyCreated', data, metadata };
  });
}
