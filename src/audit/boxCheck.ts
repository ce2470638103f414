import type { Vault } from '../vault/vault.ts';
import { Invalid } from '../errors/appError.ts';
import { apiKeyStream } from '../events/streamName.ts';
import { mcpServerStream } from '../events/mcpServer.ts';
import type { Queryable } from '../postgres/database.ts';
import { listSealedCredentials, listSealedKeys, listSealedServers, type SealedRow } from '../vault/sealedRows.ts';
import type { Fault } from './fault.ts';
import type { StreamTable } from './streamTable.ts';

/** Rows read at once. */
const PAGE = 500;

export interface BoxCheckOptions {
  readonly db: Queryable;
  readonly vault: Pick<Vault, 'openWith'>;
  readonly streams: StreamTable;
  readonly signal: AbortSignal | undefined;
}

/** What was opened, or the first thing that can't be. */
export type BoxCheck = { readonly opened: number } | { readonly fault: Fault };

/** Opens the secrets of every key and server as calls would need them. */
export async function checkBoxes(options: BoxCheckOptions): Promise<BoxCheck> {
  let opened = 0;
  for (const { list, streamOf } of KINDS) {
    for (let after: string | undefined; ;) {
      options.signal?.throwIfAborted();
      const page = await list(options.db, { after, limit: PAGE });
      for (const row of page) {
        const fault = checkBox(options, streamOf(row.id), row);
        if (fault !== undefined) return { fault };
      }
      opened += page.length;
      if (page.length < PAGE) break;
      after = page.at(-1)?.id;
    }
  }
  return { opened };
}

const KINDS = [
  { list: listSealedKeys, streamOf: apiKeyStream },
  { list: listSealedServers, streamOf: mcpServerStream },
  { list: listSealedCredentials, streamOf: (id: string) => apiKeyStream(id.slice(0, id.indexOf(' '))) },
] as const;

function checkBox(
  { vault, streams }: BoxCheckOptions,
  stream: string,
  { sealed, vaultKey }: SealedRow,
): Fault | undefined {
  const row = streams.find(stream);
  const revision = row === undefined ? undefined : streams.end(row).revision;
  // Whether the key is there was compared with the history; it may be on its way out just now.
  if (sealed !== undefined && vaultKey === undefined) return undefined;
  try {
    if (sealed === undefined || vaultKey === undefined) throw new Invalid('sealed-damaged', 'nothing sealed');
    vault.openWith(vaultKey, sealed, stream);
    return undefined;
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const meaning =
      'What it has sealed does not open under its data encryption key: the row of the read table, or the key in vault_keys, is not its own.';
    return { kind: 'secret-damaged', stream, revision, meaning };
  }
}
