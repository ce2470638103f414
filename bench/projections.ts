import { randomUUID } from 'node:crypto';
import { readSettings } from '../src/settings/settings.ts';
import { apiKeyStream } from '../src/events/streamName.ts';
import { chain } from '../src/events/hashChain.ts';
import { uuidV7 } from '../src/ids.ts';
import { createLogger } from '../src/logging/logger.ts';
import { openStores } from '../src/stores/stores.ts';

const KEYS = 10_000;

/** Measures how long 10,000 keys take from their events to the read tables. */
export async function measureProjections(home: string): Promise<void> {
  const settings = { ...readSettings({ env: { METAMCP_HOME: home } }), logLevel: 'warn' as const };
  await using stores = await openStores({
    settings,
    logger: createLogger(settings.logLevel),
    applicationName: 'metamcp bench',
  });
  const chainKey = await stores.vault.systemKey('chain');
  const append = async () => {
    const id = uuidV7(Date.now());
    const metadata = {
      schema: 1,
      at: new Date().toISOString(),
      actor: 'system:bench',
      correlationId: id,
      causationId: id,
    };
    const data = {
      name: `key ${id}`,
      scopes: ['mcp'],
      grants: ['*'],
      sealed: { dek: randomUUID(), box: Buffer.alloc(400).toString('base64url') },
    };
    const event = { id: randomUUID(), type: 'ApiKeyCreated', data, metadata };
    const stream = apiKeyStream(id);
    await stores.events.append(stream, 'no-stream', chain(chainKey, stream, undefined, [event]));
  };
  const appending = performance.now();
  for (let done = 0; done < KEYS; done += 500) await Promise.all(Array.from({ length: 500 }, append));
  const projecting = performance.now();
  await stores.projections.pump();
  const end = performance.now();

  console.log(`\n${KEYS.toLocaleString('en')} keys`);
  console.log(`  appended  in ${((projecting - appending) / 1_000).toFixed(2)} s (500 at once)`);
  console.log(
    `  projected in ${((end - projecting) / 1_000).toFixed(2)} s: ${((KEYS / (end - projecting)) * 1_000).toFixed(0)} events/s`,
  );
}
