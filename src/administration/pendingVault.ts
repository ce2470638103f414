import { randomBytes, randomUUID } from 'node:crypto';
import { openJson, sealJson } from '../vault/sealJson.ts';
import type { AdministrationVault } from './keyIssuer.ts';

/** Lays data encryption keys over a vault that are stored nowhere: those that a dry run makes. */
export function createPendingVault(vault: AdministrationVault): AdministrationVault {
  const pending = new Map<string, Buffer>();
  return {
    createDek() {
      const id = randomUUID();
      pending.set(id, randomBytes(32));
      return Promise.resolve(id);
    },
    async seal(dek, stream, value) {
      const key = pending.get(dek);
      return key === undefined ? vault.seal(dek, stream, value) : { dek, box: sealJson(key, stream, value) };
    },
    async open(sealed, stream) {
      const key = pending.get(sealed.dek);
      return key === undefined ? vault.open(sealed, stream) : openJson(key, stream, sealed.box);
    },
    discard(dek) {
      pending.delete(dek);
      return Promise.resolve();
    },
  };
}
