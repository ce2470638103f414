import { readSettings } from '../src/settings/settings.ts';
import { createLogger } from '../src/logging/logger.ts';
import { openStores } from '../src/stores/stores.ts';
import type { GatewayReady } from './gateway.ts';
import { median, percentile, runLoad } from './load.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';

const CALLERS = 32;
/** Of one key: src/api/events.ts. */
const READERS_OF_KEY = 20;

/** [readers that read, readers that never do] */
const SCENARIOS = [
  [0, 0],
  [1, 0],
  [100, 0],
  [0, 1],
  [0, 100],
] as const;

interface Sample {
  readonly perSecond: number;
  readonly p99: number;
  readonly cpu: number;
  readonly heapBytes: number;
}

/** Measures what readers of the live feed cost calls, and what they hold. */
export async function measureFeed(options: {
  gateway: MeasuredProcess<GatewayReady>;
  home: string;
  quick: boolean;
}): Promise<void> {
  const { gateway, home, quick } = options;
  const keys = await watchers(home, Math.max(...SCENARIOS.map(([reading, silent]) => reading + silent)));
  const samples = new Map<string, Sample[]>();
  await sample(gateway, quick ? 500 : 2_000);
  for (let round = 0; round < (quick ? 1 : 5); round += 1) {
    for (const [reading, silent] of SCENARIOS) {
      const name = `${reading} read, ${silent} never read`;
      const env = { URL: gateway.ready.url, KEYS: keys.join(','), READING: String(reading), SILENT: String(silent) };
      await using readers = await startMeasured('./feedReaders.ts', env);
      samples.set(name, [...(samples.get(name) ?? []), await sample(gateway, quick ? 500 : 2_000)]);
      await readers.usage();
    }
  }
  console.log(`\nLive feed, ${CALLERS} callers; each call is an event`);
  const alone = samples.get('0 read, 0 never read') ?? [];
  for (const [name, mine] of samples) {
    const of = (value: (sample: Sample) => number) => median(mine.map(value));
    const ratio = median(mine.map((each, round) => each.cpu / (alone[round]?.cpu ?? Number.NaN)));
    const heap = median(mine.map((each, round) => each.heapBytes - (alone[round]?.heapBytes ?? Number.NaN)));
    console.log(
      `  ${name.padEnd(24)} ${of((s) => s.perSecond).toFixed(0)} calls/s, p99 ${of((s) => s.p99).toFixed(2)} ms, ` +
        `CPU × ${ratio.toFixed(2)}, heap ${(heap / 1024).toFixed(0)} KiB more`,
    );
  }
}

async function sample(gateway: MeasuredProcess<GatewayReady>, durationMs: number): Promise<Sample> {
  const { url, token } = gateway.ready;
  const before = await gateway.usage();
  const headers = { authorization: `Bearer ${token}` };
  const { requests, seconds, latencies } = await runLoad({
    url: `${url}/mcp/json`,
    headers,
    callers: CALLERS,
    durationMs,
  });
  const after = await gateway.usage({ collect: true });
  return {
    perSecond: requests / seconds,
    p99: percentile(latencies, 0.99),
    cpu: ((after.cpuSeconds - before.cpuSeconds) / requests) * 1_000,
    heapBytes: after.heapBytes,
  };
}

async function watchers(home: string, readers: number): Promise<string[]> {
  const settings = readSettings({ env: { METAMCP_HOME: home } });
  await using stores = await openStores({
    settings,
    logger: createLogger('warn'),
    applicationName: 'metamcp bench',
  });
  const keys: string[] = [];
  for (let n = 0; n < readers; n += READERS_OF_KEY) {
    const context = { actor: 'system:bench', correlationId: 'bench', causationId: 'bench' };
    keys.push((await stores.keys.create({ name: 'watcher', scopes: ['events:read'], grants: [] }, context)).apiKey);
  }
  return keys;
}
