import { createHmac } from 'node:crypto';
import { Refused } from '../errors/appError.ts';
import type { Database } from '../postgres/database.ts';
import { noteKeyChecks, type KeyChecks } from '../projections/tables/installation.ts';
import { listStreamHeads } from '../projections/tables/streamHeads.ts';
import type { Vault } from './vault.ts';

const NAMES = ['chain', 'fingerprint', 'session'] as const;

/** The installation's own keys, 32 bytes each. */
export type SystemKeys = Readonly<Record<(typeof NAMES)[number], Buffer>>;

export interface SystemKeysOptions {
  readonly db: Database;
  readonly vault: Pick<Vault, 'systemKey' | 'findSystemKeys'>;
  /** What was noted of them; undefined before the first history. */
  readonly before: KeyChecks | undefined;
  /** Makes new ones in the place of those that are lost, and goes on with them. */
  readonly acceptLoss: boolean;
}

/**
 * Opens the system keys. They are made once, before there is any history; beside one, a key that is missing or is another one
 * than before is never replaced in silence: what is chained with it would not verify, and no key of an API key would match.
 * @throws Refused `vault-keys-lost`; what the vault throws
 */
export async function openSystemKeys({ db, vault, before, acceptLoss }: SystemKeysOptions): Promise<SystemKeys> {
  const { found, lost, hasHistory } = await lookFor({ db, vault, before });
  if (lost.length > 0 && !acceptLoss) throw vaultKeysLost(lost);
  const [chain, fingerprint, session] = await Promise.all(
    NAMES.map(async (name) => found.get(name) ?? vault.systemKey(name)),
  );
  if (chain === undefined || fingerprint === undefined || session === undefined) throw new TypeError('three keys');
  const keys = { chain, fingerprint, session };
  // Not before there is a history: until then a backup of vault_keys may still be put in its place.
  if (hasHistory && (before === undefined || lost.length > 0)) {
    await noteKeyChecks(db, checksOf(keys), { replace: lost.length > 0 });
  }
  return keys;
}

/**
 * Looks whether the system keys are those of the history; makes and notes nothing.
 * @returns whether there are any yet
 * @throws Refused `vault-keys-lost`; what the vault throws
 */
export async function confirmSystemKeys(sources: Omit<SystemKeysOptions, 'acceptLoss'>): Promise<boolean> {
  const { found, lost } = await lookFor(sources);
  if (lost.length > 0) throw vaultKeysLost(lost);
  return found.size > 0;
}

async function lookFor({ db, vault, before }: Omit<SystemKeysOptions, 'acceptLoss'>) {
  const hasHistory = (await listStreamHeads(db, { limit: 1 })).length > 0;
  const found = await vault.findSystemKeys(NAMES);
  const lost = NAMES.filter((name) => {
    const key = found.get(name);
    return key === undefined ? hasHistory : before?.[name] !== undefined && before[name] !== checkOf(key);
  });
  return { found, lost, hasHistory };
}

function checksOf(keys: SystemKeys): KeyChecks {
  return Object.fromEntries(NAMES.map((name) => [name, checkOf(keys[name])]));
}

/** Computes a check that no other key has, and that reveals nothing of the key. @returns base64url */
export function checkOf(key: Buffer): string {
  return createHmac('sha256', key).update('metamcp key check', 'utf8').digest('base64url');
}

function vaultKeysLost(names: readonly string[]): Refused {
  return new Refused(
    'vault-keys-lost',
    `The table vault_keys lacks the system keys that this installation’s history was written with (${names.join(', ')}), ` +
      'or holds others. Restore vault_keys from the newest backup of the database. To go on without them, run ' +
      'metamcp-cli db rebuild --accept-loss: then no existing API key works any more, and metamcp-cli audit verify ' +
      'reports the events written so far as not genuine.',
    { data: { names } },
  );
}
