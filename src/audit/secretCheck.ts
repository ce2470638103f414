import { decodeOrReason } from '../events/knownEvent.ts';
import type { Vault } from '../vault/vault.ts';
import { Invalid } from '../errors/appError.ts';
import type { EventStore } from '../events/eventStore.ts';

import { findVaultKeys, type VaultKeyRow } from '../vault/vaultKeys.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Fault } from './fault.ts';
import { DekTable, type Dek } from './dekTable.ts';
import type { StreamTable } from './streamTable.ts';

/** Keys looked up at once. */
const PAGE = 500;

export interface SecretCheckOptions {
  readonly db: Queryable;
  readonly events: EventStore;
  readonly vault: Pick<Vault, 'checkRow'>;
  readonly streams: StreamTable;
  readonly secrets: DekTable;
  readonly signal: AbortSignal | undefined;
}

interface Named extends Dek {
  readonly stream: string;
  readonly row: number;
}

/** Compares the data encryption keys that the history names with those that there are. @returns the first fault, by stream */
export async function checkSecrets(options: SecretCheckOptions): Promise<Fault | undefined> {
  let page: Named[] = [];
  for (const [stream, row] of options.streams.entries()) {
    for (const dek of options.secrets.of(row)) page.push({ ...dek, stream, row });
    if (page.length < PAGE) continue;
    options.signal?.throwIfAborted();
    const fault = await checkPage(options, page);
    if (fault !== undefined) return fault;
    page = [];
  }
  return checkPage(options, page);
}

async function checkPage(options: SecretCheckOptions, page: readonly Named[]): Promise<Fault | undefined> {
  const rows = await findVaultKeys(
    options.db,
    page.map(({ id }) => id),
  );
  const found = new Map(rows.map((row) => [row.id, row]));
  for (const named of page) {
    const fault = await checkOne(options, named, found.get(named.id));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

async function checkOne(
  options: SecretCheckOptions,
  { id, stream, row, state, revision }: Named,
  key: VaultKeyRow | undefined,
): Promise<Fault | undefined> {
  if (state === 'shredded') {
    if (key === undefined) return undefined;
    const meaning =
      'It was deleted, but its data encryption key is still in vault_keys, as after a restore from an old backup: its secrets can still be opened.';
    return { kind: 'not-shredded', stream, revision, meaning };
  }
  if (key?.subject === stream) {
    const damage = damageOf(options.vault, key);
    return damage === undefined ? undefined : { kind: 'secret-damaged', stream, revision, meaning: damage };
  }
  if (state === 'used' && !(await wasReplaced(options, stream, row, id))) {
    const meaning =
      'Its data encryption key is not in vault_keys: its secrets can’t be opened, and nothing works that needs them.';
    return { kind: 'secret-missing', stream, revision, meaning };
  }
  return undefined;
}

/** Explains why a row of vault_keys does not open. */
export function damageOf(vault: Pick<Vault, 'checkRow'>, key: VaultKeyRow): string | undefined {
  try {
    vault.checkRow(key);
    return undefined;
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return error.code === 'encryption-key-mismatch'
      ? `Its row of vault_keys names the master key ${key.masterKeyId}, which is neither ENCRYPTION_KEY nor ENCRYPTION_KEY_PREVIOUS: it was edited, or left behind by a rotation. Restore it from a backup.`
      : 'Its row of vault_keys does not open: it was damaged, or exchanged for another. Restore it from a backup.';
  }
}

/** Checks whether the stream has gone on since it was verified, and uses this key no longer. */
async function wasReplaced({ events, streams }: SecretCheckOptions, stream: string, row: number, id: string) {
  const since = new DekTable();
  for await (const recorded of events.readStream(stream, { from: streams.end(row).revision + 1 })) {
    const event = decodeOrReason(recorded);
    if (event !== undefined && typeof event !== 'string') since.follow(0, recorded.revision, event);
  }
  return since.of(0).some((dek) => dek.id === id && dek.state === 'shredded');
}
