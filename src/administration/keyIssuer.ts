import { randomBytes } from 'node:crypto';
import type { Argon } from '../auth/argon.ts';
import type { Fingerprints } from '../auth/fingerprint.ts';
import { formatApiKey, makeApiKey } from '../auth/keyFormat.ts';
import { apiKeyStream } from '../events/streamName.ts';
import type { Sealed } from '../events/sealed.ts';
import { keySecretsSchema } from '../vault/keySecrets.ts';
import type { Vault } from '../vault/vault.ts';

/** The secret of a key: as its clients send it, and as its event keeps it. */
export interface KeySecret {
  /** Empty in a dry run. */
  readonly apiKey: string;
  readonly sealed: Sealed;
}

/** Makes the secrets of keys. */
export interface KeyIssuer {
  /** Makes a secret for the key `id`, sealed under a new data encryption key. `isKept`: it can be shown again. @throws Unavailable */
  issue(id: string, isKept: boolean): Promise<KeySecret>;
  /**
   * Shows a secret that was kept. @returns undefined when it was not
   * @throws NotFound `shredded`; Invalid `sealed-damaged`; Unavailable
   */
  show(id: string, sealed: Sealed): Promise<string | undefined>;
}

/** The part of the vault that administration needs. */
export type AdministrationVault = Pick<Vault, 'createDek' | 'seal' | 'open' | 'discard'>;

export interface KeyIssuerOptions {
  readonly vault: AdministrationVault;
  readonly fingerprints: Fingerprints;
  readonly argon: Argon;
}

/** Makes the issuer of keys that work. */
export function createKeyIssuer({ vault, fingerprints, argon }: KeyIssuerOptions): KeyIssuer {
  return {
    async issue(id, isKept) {
      const { text: apiKey, secret } = makeApiKey(id, randomBytes(32));
      const hash = await argon.hash(secret);
      const secrets = { fingerprint: fingerprints.of(secret), hash, ...(isKept && { secret }) };
      const stream = apiKeyStream(id);
      return { apiKey, sealed: await vault.seal(await vault.createDek(stream), stream, secrets) };
    },
    async show(id, sealed) {
      const { secret } = keySecretsSchema.parse(await vault.open(sealed, apiKeyStream(id)));
      return secret === undefined ? undefined : formatApiKey(id, secret);
    },
  };
}

/** Makes the issuer of a dry run: it makes no secret and shows none, and fails where the other one would. */
export function createDryKeyIssuer(vault: AdministrationVault): KeyIssuer {
  return {
    async issue(id, isKept) {
      const stream = apiKeyStream(id);
      const secrets = { fingerprint: '', hash: '', ...(isKept && { secret: '' }) };
      return { apiKey: '', sealed: await vault.seal(await vault.createDek(stream), stream, secrets) };
    },
    async show(id, sealed) {
      const { secret } = keySecretsSchema.parse(await vault.open(sealed, apiKeyStream(id)));
      return secret === undefined ? undefined : '';
    },
  };
}
