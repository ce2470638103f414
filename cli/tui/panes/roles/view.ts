import { escape } from '../../../../src/escape.ts';
import { truncate } from '../../../output/width.ts';
import { ROLE_COLUMNS, roleCells } from '../../../views/roleView.ts';
import { rowLines, withoutBold } from '../../frame/lists/rows.ts';
import type { State } from '../../frame/model.ts';
import { listHeight, slotOf } from '../../frame/state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { ROLES, rolesShown } from './state.ts';

const NOTHING = [
  'There are no roles yet. A role is a named set of scopes and grants: one change of it holds at once for all keys that have it.',
  '',
  'c makes one, as engineering. In Keys, R gives it to a key, or to all that are marked.',
];

/** Writes the list of roles. */
export function rolesLines(state: State, paint: TuiPaint): string[] {
  const roles = slotOf(state, ROLES);
  const { columns } = state.size;
  if (roles.all === undefined) return [paint('dim', 'Reading the roles …')];
  if (roles.all.length === 0) return NOTHING.flatMap((text) => wrap(text, columns));
  const { at, top, filter } = roles;
  const shown = rolesShown(roles);
  if (shown.length === 0) return [truncate(`No roles match “${escape(filter)}”. Esc shows all.`, columns)];
  const place = `${(at + 1).toLocaleString('en')} of ${shown.length.toLocaleString('en')}`;
  return rowLines(
    {
      columns: ROLE_COLUMNS,
      cells: shown.slice(top, top + listHeight(state)).map((row) => withoutBold(roleCells(row))),
      chosen: at - top,
      part: { top, total: shown.length },
      aside: filter === '' ? place : `${place} with “${escape(filter)}”`,
      width: columns,
    },
    paint,
  );
}

/** Writes how many roles there are, and how many of them nobody has. */
export function rolesSummary(state: State): string | undefined {
  const { all } = slotOf(state, ROLES);
  if (all === undefined || all.length === 0) return undefined;
  const unused = all.filter(({ keys }) => keys === 0).length;
  const count = all.length === 1 ? '1 role' : `${all.length.toLocaleString('en')} roles`;
  return unused === 0 ? count : `${count}, ${unused.toLocaleString('en')} without a key`;
}
