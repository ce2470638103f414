import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import type { ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import type { Cursor } from '../../frame/lists/cursor.ts';
import type { ScreenName } from '../../frame/model.ts';

/** Keys and servers as they were at a moment. */
export interface Past {
  /** ms since the epoch. */
  readonly atMs: number;
  /** The newest first, without those that had been deleted. */
  readonly keys: readonly KeyOnScreen[];
  readonly servers: readonly ServerOnScreen[];
  /** Which of the lists is shown. */
  readonly shown: 'keys' | 'servers';
  readonly cursor: Cursor;
}

export const PAST: ScreenName<Past> = { name: 'past' };
