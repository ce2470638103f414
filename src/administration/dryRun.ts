import { createCommandHandler, type CommandHandlerOptions } from '../commands/handle.ts';
import { createPendingStore } from '../commands/pendingStore.ts';
import type { RecordedEvent } from '../events/eventStore.ts';
import type { Queryable } from '../postgres/database.ts';
import { createAdministration, type Administration } from './administration.ts';
import type { Enforcement } from './enforcement.ts';
import { createDryKeyIssuer, type AdministrationVault } from './keyIssuer.ts';
import { createPendingVault } from './pendingVault.ts';

/**
 * The commands of administrators, of which nothing is kept: no event, no data encryption key, no secret, nothing to enforce.
 * A command is refused with what would refuse it in earnest, as of the state that it reads; a command sees what those
 * before it would have done.
 */
export interface DryRun extends Administration {
  /** What the commands so far would have appended, in order; empty: things are already so. */
  readonly events: readonly Pick<RecordedEvent, 'stream' | 'revision' | 'type' | 'data'>[];
}

export interface DryRunOptions extends Pick<CommandHandlerOptions, 'store' | 'knowledge' | 'clock' | 'chainKey'> {
  readonly db: Queryable;
  readonly vault: AdministrationVault;
}

/**
 * Makes a dry run: the very administration, on parts that keep nothing. None of them holds what could append, so no command
 * can forget that it is a dry one.
 */
export function createDryRun({ db, store, knowledge, clock, chainKey, vault }: DryRunOptions): DryRun {
  const pendingStore = createPendingStore(store);
  const pendingVault = createPendingVault(vault);
  const readOnly = {
    find: (stream: string) => knowledge.find(stream),
    noteVisibility: () => Promise.resolve(),
    keepSnapshot: () => Promise.resolve(),
  };
  const administration = createAdministration({
    db,
    events: pendingStore,
    commands: createCommandHandler({ store: pendingStore, knowledge: readOnly, clock, chainKey }),
    vault: pendingVault,
    issuer: createDryKeyIssuer(pendingVault),
    enforcement: NOTHING_TO_ENFORCE,
    clock,
  });
  return { ...administration, events: pendingStore.events };
}

const NOTHING_TO_ENFORCE: Enforcement = {
  enforce({ revision, changed }) {
    if (revision === undefined) throw new TypeError('a handled command leaves a stream behind');
    return Promise.resolve({ revision, changed, unconfirmed: [], pending: undefined, retired: false });
  },
  readmit: () => Promise.resolve(),
};
