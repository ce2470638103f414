import type { RoleThen } from '../../../../src/audit/rolesThen.ts';
import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import type { ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import type { Cursor } from '../../frame/lists/cursor.ts';
import type { ScreenName } from '../../frame/model.ts';

/** The lists of the past, named as the panes of now. */
export type PastList = 'keys' | 'servers' | 'roles';

/** A role as it was, and how many keys had it. */
export type CountedRoleThen = RoleThen & { readonly keys: number };

/** Keys, servers and roles as they were at a moment, without those that had been deleted. */
export interface Past {
  /** ms since the epoch. */
  readonly atMs: number;
  /** The newest first. */
  readonly keys: readonly KeyOnScreen[];
  /** By name. */
  readonly servers: readonly ServerOnScreen[];
  /** By name. */
  readonly roles: readonly CountedRoleThen[];
  /** Which of the lists is shown. */
  readonly shown: PastList;
  readonly cursor: Cursor;
}

export const PAST: ScreenName<Past> = { name: 'past' };
