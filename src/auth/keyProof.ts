import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { Unavailable } from '../errors/appError.ts';
import { apiKeyStream } from '../events/streamName.ts';
import type { Argon } from './argon.ts';
import type { Fingerprints } from './fingerprint.ts';
import { invalidCredential } from './invalidCredential.ts';
import { parseApiKey } from './keyFormat.ts';
import { keySecretsSchema } from '../vault/keySecrets.ts';
import { whyNotGood, type LiveKey } from '../live/liveKey.ts';
import type { LiveKeys } from '../live/liveKeys.ts';
import { openSecrets } from '../vault/openSecrets.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * Proves an API key.
 * @throws Unauthorized `invalid-credential`; for a right secret `key-inactive`, `key-expired` or `key-rotated`
 * @throws Limited `argon-busy`; Unavailable
 */
export type ProveKey = (text: string) => Promise<LiveKey>;

export interface KeyProofOptions {
  readonly liveKeys: Pick<LiveKeys, 'find'>;
  readonly vault: Pick<Vault, 'open'>;
  readonly fingerprints: Fingerprints;
  readonly argon: Pick<Argon, 'verify'>;
  readonly clock: Clock;
  /** Keys whose proof is remembered. (Default: 10_000) */
  readonly maxRemembered?: number;
}

/** What a secret is compared with. */
interface Expected {
  readonly fingerprint: string;
  readonly hash: string;
  /** The result of Argon2 for the secret of this fingerprint: computed once, and shared by all requests meanwhile. */
  verified: Promise<boolean> | undefined;
}

/** How often a key may change while it is being proved. */
const TRIES = 3;

/** Only opened fields that are needed: a successor's `secret` stays sealed. */
const expectedSchema = keySecretsSchema.pick({ fingerprint: true, hash: true });

/** Makes the proof of API keys: format, look-up, fingerprint, status, Argon2, in this order. docs/architecture.md, Who may come in. */
export function createKeyProof(options: KeyProofOptions): ProveKey {
  const { liveKeys, vault, fingerprints, argon, clock, maxRemembered = 10_000 } = options;
  // By box: another box is another secret, and the same one needs no second proof whatever else changes about the key.
  const remembered = new LRUCache<string, Expected>({ max: maxRemembered });

  async function expectedOf({ id, sealed }: LiveKey): Promise<Expected | undefined> {
    const known = remembered.get(sealed.box);
    if (known !== undefined) return known;
    const opened = await openSecrets(vault, expectedSchema, sealed, apiKeyStream(id));
    if (opened === undefined) return undefined;
    // Of several who opened it at once, all go on with the first one's.
    const first = remembered.get(sealed.box) ?? { ...opened, verified: undefined };
    remembered.set(sealed.box, first);
    return first;
  }

  function verifySlowly(expected: Expected, secret: string): Promise<boolean> {
    if (expected.verified !== undefined) return expected.verified;
    const verified = argon.verify(expected.hash, secret);
    expected.verified = verified;
    // A full queue proves nothing about the secret: the next request tries again.
    verified.catch(() => (expected.verified = undefined));
    return verified;
  }

  return async (text) => {
    const apiKey = parseApiKey(text);
    if (apiKey === undefined) throw invalidCredential();
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const key = await liveKeys.find(apiKey.id);
      const expected = key === undefined ? undefined : await expectedOf(key);
      // A wrong secret ends here, as an unknown id does: no Argon2, and the answer does not show the key's status.
      if (key === undefined || expected === undefined || !fingerprints.matches(expected.fingerprint, apiKey.secret)) {
        throw invalidCredential({ keyId: apiKey.id });
      }
      const reason = whyNotGood(key, clock());
      if (reason !== undefined) throw reason;
      if (!(await verifySlowly(expected, apiKey.secret))) throw invalidCredential({ keyId: apiKey.id });
      // Argon2 takes a while: what changed meanwhile counts.
      if ((await liveKeys.find(apiKey.id)) === key) return key;
    }
    throw new Unavailable('key-changing', 'The API key keeps changing while it is being verified. Try again.');
  };
}
