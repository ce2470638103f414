import type { Administration } from '../../../src/administration/administration.ts';
import type { CommandResult } from '../../../src/administration/enforcement.ts';
import type { HandleOptions } from '../../../src/commands/handle.ts';
import type { CommandContext } from '../../../src/events/metadata.ts';
import type { ApiKeyRow } from '../../../src/projections/tables/apiKeys.ts';
import type { KeyFilter } from '../../../src/projections/tables/keyFilter.ts';
import type { Stores } from '../../../src/stores/stores.ts';
import type { WhichKeys } from './whichKeys.ts';

/** What is done to a key, or to each of several. */
export interface KeyChange<Result extends CommandResult = CommandResult> {
  /** As in: It would inactivate 3 keys. */
  readonly verb: string;
  /** Those that are looked at where no status is asked for. (Default: all but inactive and deleted ones) */
  readonly without?: KeyFilter['without'];
  /** It can't be undone, so that it is asked for with more care: this tells why, and how to say yes. (Default: it can be undone) */
  readonly final?: string;
  /** (Default: as current as possible) */
  readonly readTables?: 'current' | 'as current as possible';
  /** Why a key stays as it is that was not named itself; undefined: it is changed. (Default: none stays) */
  readonly leavesOut?: (key: ApiKeyRow) => string | undefined;
  /** Forgets what was read for the plan, before keys are changed: a person may have thought about it for long. */
  readonly forget?: () => void;
  readonly run: (
    administration: Administration,
    key: ApiKeyRow,
    context: CommandContext,
    options: Pick<HandleOptions, 'ifMatch'>,
  ) => Promise<Result>;
  /** Ends a sentence that begins with one of several that was changed. */
  readonly predicate: (result: Result) => string;
  /** More members of its document. (Default: none) */
  readonly members?: (result: Result) => object;
  /** Sentences to warn with, once it is done or planned. (Default: none) */
  readonly warnings?: (stores: Pick<Stores, 'db'>, keys: readonly ApiKeyRow[]) => Promise<readonly string[]>;
  /** Refuses what changes nothing at all. (Default: it is so already, which is fine) @throws Refused */
  readonly refuseUnchanged?: (keys: readonly ApiKeyRow[]) => void;
}

export interface KeyChangeOptions extends WhichKeys {
  readonly confirm?: boolean;
  /** So many keys must be meant. */
  readonly expect?: number;
  readonly reason?: string;
  readonly dryRun?: boolean;
}
