import { timingSafeEqual } from 'node:crypto';
import { systemKeySubject, type Vault } from '../auth/vault.ts';
import { uuidV5 } from '../ids.ts';
import type { Queryable } from '../postgres/database.ts';
import { findVaultKey } from '../projections/vaultKeys.ts';
import type { Fault } from './fault.ts';
import { damageOf } from './secretCheck.ts';

export interface SystemKeyCheckOptions {
  readonly db: Queryable;
  readonly vault: Pick<Vault, 'checkRow' | 'systemKey'>;
  /** The key of the chain that was verified with. */
  readonly chainKey: Buffer;
}

/** The installation's own keys, and what does not work without them. */
const SYSTEM_KEYS: readonly { readonly name: string; readonly need: 'always' | 'once made'; readonly use: string }[] = [
  { name: 'chain', need: 'always', use: 'no event can be proved genuine, nor a new one linked' },
  { name: 'fingerprint', need: 'always', use: 'no API key is accepted' },
  { name: 'session', need: 'always', use: 'every session that is open ends' },
  { name: 'audit-checkpoint', need: 'once made', use: 'no checkpoint that was signed before is known again' },
];

/** Looks at the keys of the installation itself, which no event names. */
export async function checkSystemKeys({ db, vault, chainKey }: SystemKeyCheckOptions): Promise<Fault | undefined> {
  for (const { name, need, use } of SYSTEM_KEYS) {
    const stream = systemKeySubject(name);
    const key = await findVaultKey(db, uuidV5(stream));
    if (key === undefined) {
      if (need === 'once made') continue;
      const meaning = `The installation’s key “${name}” is not in vault_keys: ${use}. Restore it from a backup.`;
      return { kind: 'system-key', stream, revision: undefined, meaning };
    }
    const damage = damageOf(vault, key);
    if (damage !== undefined) {
      const meaning = `The installation’s key “${name}” can’t be used: ${use}. ${damage}`;
      return { kind: 'system-key', stream, revision: undefined, meaning };
    }
  }
  if (timingSafeEqual(await vault.systemKey('chain'), chainKey)) return undefined;
  const meaning = 'The key of the hash chain in vault_keys is another one than when this program was started.';
  return { kind: 'system-key', stream: systemKeySubject('chain'), revision: undefined, meaning };
}
