import { createAuthenticate } from '../src/auth/authenticate.ts';
import { createKeyProof } from '../src/auth/keyProof.ts';
import { createLiveKeys } from '../src/live/liveKeys.ts';
import { createTokens } from '../src/auth/tokens.ts';
import { systemClock as clock } from '../src/clock.ts';
import { readSettings } from '../src/settings/settings.ts';
import { createLogger } from '../src/logging/logger.ts';
import { openInvalidations } from '../src/live/invalidations.ts';
import { openStores } from '../src/stores/stores.ts';
import type { GatewayReady } from './gateway.ts';

const VERIFIED = 5_000;
const REMEMBERED = 500_000;

/** Measures what a request pays for its credential: a token never seen before, and one that is remembered. */
export async function measureTokenCheck(home: string, { token, apiKey }: GatewayReady): Promise<void> {
  const logger = createLogger('warn');
  const settings = readSettings({ env: { METAMCP_HOME: home } });
  await using stores = await openStores({ settings, logger, applicationName: 'metamcp bench' });
  const { db, vault, fingerprints, argon, tokenSecrets } = stores;
  await using invalidations = openInvalidations({ url: db.url, replica: 'bench', logger, clock });
  using liveKeys = createLiveKeys({ db, vault, logger, invalidations });
  const tokens = createTokens({ secrets: tokenSecrets, clock });
  const proveKey = createKeyProof({ liveKeys, vault, fingerprints, argon, clock });
  const authenticate = createAuthenticate({ liveKeys, proveKey, tokens, clock });

  console.log('\nWhat a request pays for its credential, CPU');
  const verify = await cpuOf(VERIFIED, async () => {
    for (let n = 0; n < VERIFIED; n += 1) await tokens.verify(token);
  });
  console.log(`  a token not seen before    ${verify.toFixed(1)} µs (its signature)`);
  for (const [what, credential] of Object.entries({ token, key: apiKey })) {
    const headers = { authorization: `Bearer ${credential}` };
    await untilRemembered(() => authenticate(headers));
    const hit = await cpuOf(REMEMBERED, () => {
      // Synchronous by now: no promise is left alone.
      for (let n = 0; n < REMEMBERED; n += 1) void authenticate(headers);
    });
    console.log(`  a ${what} that is remembered`.padEnd(28) + ` ${hit.toFixed(1)} µs`);
  }
}

/** Authenticates until the answer comes without a promise: the key is in memory and invalidations are trusted. */
async function untilRemembered(authenticate: () => unknown): Promise<void> {
  for (let answer = authenticate(); answer instanceof Promise; answer = authenticate()) await answer;
}

/** CPU microseconds per repetition. */
async function cpuOf(repetitions: number, work: () => Promise<void> | void): Promise<number> {
  await work();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / repetitions;
}
