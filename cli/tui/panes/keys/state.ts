import type { CredentialFaults } from '../../../../src/administration/credentialFaults.ts';
import type { KeyNames } from '../../../views/keyView.ts';
import type { AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import { emptyWindow, rowAtCursor, type Window } from '../../frame/lists/window.ts';
import type { ScreenName, Slot, State } from '../../frame/model.ts';
import { slotOf, topContent, topScreen } from '../../frame/state.ts';

/** How much a key was used. */
export interface KeyUsage {
  /** Calls of the last hour, the oldest first. */
  readonly calls: readonly number[];
  readonly lastUsed: Date | undefined;
}

/** What all keys come to, without those that were deleted. */
export interface KeyTotals {
  readonly keys: number;
  /** That had a call within a day. */
  readonly used: number;
  /** That expire within a week. */
  readonly expiring: number;
}

export interface KeysState {
  readonly list: Window<KeyOnScreen>;
  readonly includeDeleted: boolean;
  /** By the key's id. */
  readonly usage: ReadonlyMap<string, KeyUsage>;
  /** The key that was asked for, to be shown beside the list. */
  readonly asked: string | undefined;
  /** What was read of it. */
  readonly detail: ShownKey | undefined;
  /** Undefined until they are counted. */
  readonly totals: KeyTotals | undefined;
}

export const KEYS: Slot<KeysState> = {
  name: 'keys',
  initial: {
    list: emptyWindow(),
    includeDeleted: false,
    usage: new Map(),
    asked: undefined,
    detail: undefined,
    totals: undefined,
  },
};

/** A key with its history. */
export interface ShownKey {
  readonly row: KeyOnScreen;
  /** Undefined until it is read. */
  readonly history: readonly AuditEventRow[] | undefined;
  /** Of its credentials. */
  readonly faults?: CredentialFaults;
  /** Of the keys in its history. */
  readonly names?: KeyNames;
}

export const KEY: ScreenName<ShownKey> = { name: 'key' };

/** The key that is shown, or the one under the cursor. */
export function keyInView(state: State): KeyOnScreen | undefined {
  if (topScreen(state) !== undefined) return topContent(state, KEY)?.row;
  return state.pane === KEYS.name ? rowAtCursor(slotOf(state, KEYS).list) : undefined;
}
