import { escape } from '../../../../src/escape.ts';
import { changesOf, formatChanges, shownOf } from '../../../views/auditView.ts';
import { actorTitle, formatTime, keyTitle, NO_NAMES } from '../../../views/keyView.ts';
import { keyCount, roleFields, roleTimes } from '../../../views/roleView.ts';
import type { ScreenKind, State, Step } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { push, readFrom, screen, slotOf } from '../../frame/state.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { ONE_ROLE } from './read.ts';
import { ROLE_SHORTCUTS } from './shortcuts.ts';
import { ROLE, roleInView, ROLES, type ShownRole } from './state.ts';

const ROLE_KIND: ScreenKind<ShownRole> = {
  ...ROLE,
  title: 'A role',
  scrolls: true,
  shortcuts: [...ROLE_SHORTCUTS, BACK],
  lines: roleLines,
  commands: ({ row: { name } }) => [['roles', 'show', name]],
  subject: ({ row: { name } }) => name,
  readAgain: ({ row: { name } }) => [readFrom(ONE_ROLE, { name })],
};

/** Shows the role under the cursor. */
export function openRole(state: State): Step {
  const row = roleInView(state);
  if (row === undefined) return [state, []];
  const { name } = row;
  return [push(state, screen(ROLE_KIND, { row, about: undefined })), [readFrom(ONE_ROLE, { name })]];
}

/** Writes the role under the cursor of the list. */
export function roleBesideList(state: State, paint: TuiPaint): readonly string[] {
  const { detail } = slotOf(state, ROLES);
  const row = roleInView(state);
  if (row === undefined) return [];
  return roleLines({ row, about: detail?.row.name === row.name ? detail.about : undefined }, state, paint);
}

/** Writes what a role gives, who has it, and what happened to it, the newest first. */
function roleLines({ row, about }: ShownRole, { size, programName }: State, paint: TuiPaint): string[] {
  const { columns } = size;
  const names = about?.names ?? NO_NAMES;
  const fields = [...roleFields(row), ['Keys', row.keys.toLocaleString('en')] as const, ...roleTimes(row, names)];
  const record = recordLines(fields, { columns, programName }, paint);
  if (about === undefined) return [...record, '', paint('dim', 'Reading who has it …')];
  const { holders, history } = about;
  const more = row.keys > holders.length ? [`and ${keyCount(row.keys - holders.length)} more`] : [];
  const changes = changesOf(history);
  const events = history.map((event, at) => {
    const { reason } = shownOf(event);
    const details = [formatChanges(changes[at] ?? [], names), reason === undefined ? '' : `because: ${escape(reason)}`];
    return [
      ...wrap(
        `${formatTime(event.at)}  ${event.type.replace(/^KeyRole/, '')} by ${actorTitle(event.actor, names)}`,
        columns,
        '  ',
      ),
      ...details.filter((each) => each !== '').flatMap((each) => wrap(each, columns - 2).map((line) => `  ${line}`)),
    ];
  });
  return [
    ...record,
    '',
    paint('bold', 'History, the newest first'),
    ...events.reverse().flat(),
    '',
    paint('bold', 'Who has it'),
    ...(holders.length === 0
      ? ['nobody: in Keys, R gives it to a key']
      : wrap([...holders.map(keyTitle), ...more].join(', '), columns)),
  ];
}
