import type { EventStore } from '../events/eventStore.ts';
import type { Queryable } from '../postgres/database.ts';
import { listVaultSubjects } from '../projections/vaultKeys.ts';
import { decodeKnown } from '../events/knownEvent.ts';
import type { Fault } from './fault.ts';
import { Secrets, type Dek } from './secrets.ts';
import type { StreamTable } from './streamTable.ts';

/** Keys looked up at once. */
const PAGE = 500;

export interface SecretCheckOptions {
  readonly db: Queryable;
  readonly events: EventStore;
  readonly streams: StreamTable;
  readonly secrets: Secrets;
}

interface Named extends Dek {
  readonly stream: string;
  readonly row: number;
}

/** Compares the data encryption keys that the history names with those that there are. @returns the first fault, by stream */
export async function checkSecrets(options: SecretCheckOptions): Promise<Fault | undefined> {
  let page: Named[] = [];
  for (const [stream, row] of options.streams.entries()) {
    for (const dek of options.secrets.of(row)) if (dek.state !== 'replaced') page.push({ ...dek, stream, row });
    if (page.length < PAGE) continue;
    const fault = await checkPage(options, page);
    if (fault !== undefined) return fault;
    page = [];
  }
  return checkPage(options, page);
}

async function checkPage(options: SecretCheckOptions, page: readonly Named[]): Promise<Fault | undefined> {
  const rows = await listVaultSubjects(
    options.db,
    page.map(({ id }) => id),
  );
  const subjects = new Map(rows.map(({ id, subject }) => [id, subject]));
  for (const { id, stream, row, state, revision } of page) {
    const exists = subjects.has(id);
    if (state === 'shredded' && exists) {
      const meaning =
        'It was deleted, but its data encryption key is still in vault_keys, as after a restore from an old backup: its secrets can still be opened.';
      return { kind: 'not-shredded', stream, revision, meaning };
    }
    if (state === 'used' && subjects.get(id) !== stream && !(await wasReplaced(options, stream, row, id))) {
      const meaning =
        'Its data encryption key is not in vault_keys: its secrets can’t be opened, and nothing works that needs them.';
      return { kind: 'secret-missing', stream, revision, meaning };
    }
  }
  return undefined;
}

/** Says whether the stream has gone on since it was verified, and uses this key no longer. */
async function wasReplaced({ events, streams }: SecretCheckOptions, stream: string, row: number, id: string) {
  const since = new Secrets();
  for await (const recorded of events.readStream(stream, { from: streams.end(row).revision + 1 })) {
    const event = decodeKnown(recorded);
    if (event !== undefined) since.follow(0, recorded.revision, event);
  }
  return since.of(0).some((dek) => dek.id === id && dek.state === 'shredded');
}
