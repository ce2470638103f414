import type { AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import type { CountedRole } from '../../../../src/projections/tables/keyRoles.ts';
import type { KeyNames } from '../../../views/keyView.ts';
import { START, type Cursor } from '../../frame/lists/cursor.ts';
import type { ScreenName, Slot, State } from '../../frame/model.ts';
import { slotOf, topContent, topScreen } from '../../frame/state.ts';

export interface RolesState extends Cursor {
  readonly filter: string;
  /** All of them, by name; undefined until they are read. */
  readonly all: readonly CountedRole[] | undefined;
  readonly isReading: boolean;
  /** The role that was asked for, to be shown beside the list. */
  readonly asked: string | undefined;
  /** What was read of it. */
  readonly detail: ShownRole | undefined;
}

export const ROLES: Slot<RolesState> = {
  name: 'roles',
  initial: { ...START, filter: '', all: undefined, isReading: false, asked: undefined, detail: undefined },
};

/** A role with who has it, and its history. */
export interface ShownRole {
  readonly row: CountedRole;
  /** What a reader of the role needs besides; undefined until it is read. */
  readonly about:
    | {
        /** Keys that have it and were not deleted, as far as they are named. */
        readonly holders: readonly { readonly id: string; readonly name: string }[];
        readonly history: readonly AuditEventRow[];
        /** Of the keys in the history. */
        readonly names: KeyNames;
      }
    | undefined;
}

export const ROLE: ScreenName<ShownRole> = { name: 'role' };

/** The roles that have the words of the filter. */
export function rolesShown({ all = [], filter }: RolesState): readonly CountedRole[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ name, description, scopes, grants }) => {
    const text = [name, description ?? '', ...scopes, ...grants].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The role that is shown, or the one under the cursor. */
export function roleInView(state: State): CountedRole | undefined {
  if (topScreen(state) !== undefined) return topContent(state, ROLE)?.row;
  const roles = slotOf(state, ROLES);
  return state.pane === ROLES.name ? rolesShown(roles)[roles.at] : undefined;
}
