import { checkOf } from '../vault/systemKeys.ts';
import { systemKeySubject, type Vault } from '../vault/vault.ts';
import { uuidV5 } from '../ids.ts';
import type { Queryable } from '../postgres/database.ts';
import { readInstallation } from '../projections/tables/installation.ts';
import { findVaultKey } from '../vault/vaultKeys.ts';
import type { Fault } from './fault.ts';
import { damageOf } from './secretCheck.ts';

export interface SystemKeyCheckOptions {
  readonly db: Queryable;
  readonly vault: Pick<Vault, 'checkRow' | 'findSystemKey'>;
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
  const { keyChecks } = await readInstallation(db);
  const checks = { chain: checkOf(chainKey), ...keyChecks } as Readonly<Record<string, string>>;
  for (const { name, need, use } of SYSTEM_KEYS) {
    const stream = systemKeySubject(name);
    const about = `The installation’s key “${name}”`;
    const row = await findVaultKey(db, uuidV5(stream));
    if (row === undefined && need === 'once made') continue;
    const damage = row === undefined ? 'It is not in vault_keys. Restore it from a backup.' : damageOf(vault, row);
    if (damage !== undefined) {
      return { kind: 'system-key', stream, revision: undefined, meaning: `${about} can’t be used: ${use}. ${damage}` };
    }
    const key = await vault.findSystemKey(name);
    if (key === undefined || checks[name] === undefined || checks[name] === checkOf(key)) continue;
    const meaning = `${about} is another one than this installation’s history was written with: ${use}. Restore vault_keys from a backup.`;
    return { kind: 'system-key', stream, revision: undefined, meaning };
  }
  return undefined;
}
