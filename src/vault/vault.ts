import { randomBytes, randomUUID } from 'node:crypto';
import { Invalid, NotFound } from '../errors/appError.ts';
import type { JsonObject } from '../events/eventStore.ts';
import type { Sealed } from '../events/sealed.ts';
import { uuidV5 } from '../ids.ts';
import type { Database } from '../postgres/database.ts';
import {
  deleteVaultKeys,
  findVaultKey,
  findVaultKeys,
  insertVaultKey,
  listVaultKeys,
  replaceWrapped,
  type VaultKeyRow,
} from './vaultKeys.ts';
import { closeBox, openBox } from './box.ts';
import type { MasterKey, MasterKeys } from './masterKey.ts';
import { openJson, sealJson } from './sealJson.ts';

/**
 * Keeps secrets: each key and server has a data encryption key (DEK) of its own, which lies in `vault_keys`, wrapped by
 * the master key. All methods throw Unavailable when Postgres can't be reached, and those that unwrap throw
 * Invalid `encryption-key-mismatch` or `vault-key-damaged`. docs/architecture.md, Secrets.
 */
export interface Vault {
  /** Makes a DEK for a subject, usually a stream. @returns its id */
  createDek(subject: string): Promise<string>;
  /** Seals a value under a DEK, readable only as part of `stream`. @throws NotFound `shredded` */
  seal(dekId: string, stream: string, value: JsonObject): Promise<Sealed>;
  /** Opens what was sealed. @throws NotFound `shredded`; Invalid `sealed-damaged`, also when it is of another stream */
  open(sealed: Sealed, stream: string): Promise<JsonObject>;
  /** Opens what was sealed with the row of its DEK, which was read before. @throws Invalid `sealed-damaged` */
  openWith(row: VaultKeyRow, sealed: Sealed, stream: string): JsonObject;
  /** Proves that a row's key can be had. */
  checkRow(row: VaultKeyRow): void;
  /** Throws a DEK away that no event came to name, because its command was refused. */
  discard(dekId: string): Promise<void>;
  /**
   * Gives the installation's own 32-byte key of this name, for the hash chain, fingerprints, session tokens. The
   * first caller makes it. Not derived from the master key, so that rotating that one breaks no chain, key or session.
   */
  systemKey(name: string): Promise<Buffer>;
  /** Gives a system key that was made before; undefined when there is none. */
  findSystemKey(name: string): Promise<Buffer | undefined>;
  /** Gives those of several system keys that were made before, by their names. */
  findSystemKeys(names: readonly string[]): Promise<Map<string, Buffer>>;
  /**
   * Wraps everything under the current master key; may be interrupted and repeated.
   * @param onProgress called with the number of keys re-wrapped so far
   * @returns how many keys it re-wrapped
   */
  rewrap(onProgress?: (rewrapped: number) => void): Promise<number>;
}

export interface VaultOptions {
  readonly db: Database;
  readonly masterKeys: MasterKeys;
}

const KEY_BYTES = 32;
const REWRAP_PAGE = 500;

/** Makes the vault. */
export function createVault({ db, masterKeys: { current, previous } }: VaultOptions): Vault {
  const masterKeys = new Map<string, MasterKey>([[current.id, current]]);
  if (previous !== undefined) masterKeys.set(previous.id, previous);

  function wrap(id: string, subject: string, key: Buffer): Pick<VaultKeyRow, 'wrapped' | 'masterKeyId'> {
    return { wrapped: closeBox(current.wrappingKey, aboutKey(id, subject), key), masterKeyId: current.id };
  }

  function unwrap({ id, subject, wrapped, masterKeyId }: VaultKeyRow): Buffer {
    const masterKey = masterKeys.get(masterKeyId);
    if (masterKey === undefined) throw keyMismatch(masterKeyId, [...masterKeys.keys()]);
    const key = openBox(masterKey.wrappingKey, aboutKey(id, subject), wrapped);
    if (key === undefined) {
      throw new Invalid(
        'vault-key-damaged',
        'A row of vault_keys was damaged or tampered with. Restore it from a backup.',
        {
          data: { id, subject },
        },
      );
    }
    return key;
  }

  /** Makes a key where there is none of this id. */
  async function insertKey(id: string, subject: string): Promise<void> {
    const key = randomBytes(KEY_BYTES);
    try {
      await insertVaultKey(db, { id, subject, ...wrap(id, subject, key) });
    } finally {
      key.fill(0);
    }
  }

  /** Lends a DEK, and wipes it after use. */
  async function withDek<T>(id: string, use: (key: Buffer) => T): Promise<T> {
    const row = await findVaultKey(db, id);
    if (row === undefined) {
      throw new NotFound('shredded', 'The secret was destroyed when its key or server was deleted.', {
        data: { dek: id },
      });
    }
    const key = unwrap(row);
    try {
      return use(key);
    } finally {
      key.fill(0);
    }
  }

  async function findSystemKey(name: string): Promise<Buffer | undefined> {
    const row = await findVaultKey(db, uuidV5(systemKeySubject(name)));
    return row && unwrap(row);
  }

  return {
    async createDek(subject) {
      const id = randomUUID();
      await insertKey(id, subject);
      return id;
    },
    seal: (dekId, stream, value) => withDek(dekId, (key) => ({ dek: dekId, box: sealJson(key, stream, value) })),
    open: (sealed, stream) => withDek(sealed.dek, (key) => openJson(key, stream, sealed.box)),
    openWith(row, sealed, stream) {
      const key = unwrap(row);
      try {
        return openJson(key, stream, sealed.box);
      } finally {
        key.fill(0);
      }
    },
    checkRow: (row) => void unwrap(row).fill(0),
    discard: (dekId) => deleteVaultKeys(db, [dekId]),
    findSystemKey,
    async findSystemKeys(names) {
      const ids = new Map(names.map((name) => [uuidV5(systemKeySubject(name)), name]));
      const rows = await findVaultKeys(db, [...ids.keys()]);
      return new Map(rows.map((row) => [ids.get(row.id) ?? '', unwrap(row)]));
    },
    async systemKey(name) {
      const existing = await findSystemKey(name);
      if (existing !== undefined) return existing;
      const subject = systemKeySubject(name);
      const id = uuidV5(subject);
      // Of several processes that come first at once, one row wins, and everyone reads that one.
      await insertKey(id, subject);
      return withDek(id, (key) => Buffer.from(key));
    },
    async rewrap(onProgress) {
      let rewrapped = 0;
      let after: string | null = null;
      for (;;) {
        const page: VaultKeyRow[] = await listVaultKeys(db, { after, limit: REWRAP_PAGE });
        for (const row of page.filter(({ masterKeyId }) => masterKeyId !== current.id)) {
          const key = unwrap(row);
          await replaceWrapped(db, { id: row.id, ...wrap(row.id, row.subject, key) });
          key.fill(0);
          rewrapped += 1;
          onProgress?.(rewrapped);
        }
        const last = page.at(-1);
        if (last === undefined || page.length < REWRAP_PAGE) return rewrapped;
        after = last.id;
      }
    },
  };
}

/** The subject of the installation's own key of a name; the UUID v5 of it is the key's id. */
export function systemKeySubject(name: string): string {
  return `system:${name}`;
}

/** Binds a wrapped key to its row: it does not open as the key of anything else. */
function aboutKey(id: string, subject: string): string {
  return `${id} ${subject}`;
}

function keyMismatch(needed: string, available: readonly string[]): Invalid {
  return new Invalid(
    'encryption-key-mismatch',
    'The secrets were encrypted with another ENCRYPTION_KEY. Set the one that was in use before; if you are rotating it, ' +
      'set that one as ENCRYPTION_KEY_PREVIOUS and run: metamcp-cli vault rewrap',
    { data: { needed, given: available } },
  );
}
