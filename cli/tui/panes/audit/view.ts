import { actorTitle, formatTime, type KeyNames } from '../../../views/keyView.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import { spokenType } from '../../frame/text/spoken.ts';
import { wrap } from '../../frame/text/wrap.ts';
import type { Field } from '../../../output/record.ts';
import { trailCells, trailSubject } from '../../../views/auditView.ts';
import { subjectOf } from '../../../../src/events/streamName.ts';
import type { TrailRow } from '../../../../src/audit/formerSettings.ts';
import type { Cell, Column } from '../../../output/table.ts';
import { displayWidth } from '../../../output/width.ts';
import { escape } from '../../../../src/escape.ts';
import type { State } from '../../frame/model.ts';
import { listHeight, slotOf } from '../../frame/state.ts';
import { AUDIT } from './state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { rowLines, withoutBold } from '../../frame/lists/rows.ts';

const columnsFor = (subject: number): readonly Column[] => [
  { title: 'WHEN (UTC)' },
  { title: 'WHAT', min: 15 },
  { title: 'SUBJECT', min: subject, drop: 1 },
  { title: 'BY', min: 12, drop: 3 },
  { title: 'DETAIL', min: 16, drop: 2 },
];
const TYPICAL = ['2026-11-01 12:00:00', 'key access changed', 'n'.repeat(18), 'cli:anna@work', ''];

/** Writes the audit trail, the newest first. */
export function trailLines(state: State, paint: TuiPaint): string[] {
  const { rows, names, at, top, next, filter } = slotOf(state, AUDIT);
  const { columns } = state.size;
  if (rows === undefined) return [paint('dim', 'Reading the audit trail …')];
  if (rows.length === 0) {
    const nothing =
      filter === ''
        ? 'Nothing has been changed yet. Each change of a key, server or role will be here, with who made it and why.'
        : `Nothing in the trail has “${escape(filter)}”. Esc shows all.`;
    return wrap(nothing, columns);
  }
  const cells = rows.slice(top, top + listHeight(state)).map((row) => cellsOf(row, names, columns));
  const aside = `${at + 1} of ${rows.length}${next === undefined ? '' : '+'}`;
  return rowLines(
    {
      columns: columnsFor(Math.max(MIN_SUBJECT, ...cells.map((row) => subjectWidth(row, columns)))),
      cells,
      chosen: at - top,
      part: { top, total: rows.length },
      aside,
      width: columns,
      typical: TYPICAL,
    },
    paint,
  );
}

/** Writes the event under the cursor with all that it has. */
export function eventBesideTrail(state: State, paint: TuiPaint): readonly string[] {
  const { rows = [], at, names } = slotOf(state, AUDIT);
  const row = rows[at];
  if (row === undefined) return [];
  const { columns } = state.size;
  const fields: Field[] = [
    ['What', spokenType(row.type)],
    ['Subject', trailSubject(row, names)],
    ['When', formatTime(row.at)],
    ['By', actorTitle(row.actor, names)],
    ['Revision', String(row.revision)],
    ['Command', escape(row.correlationId)],
  ];
  const data = escapedLines(JSON.stringify(row.data, undefined, 2));
  return [
    ...recordLines(fields, { columns }, paint),
    '',
    paint('bold', 'What is stored'),
    ...data.flatMap((line) => wrap(line, columns)),
  ];
}

function escapedLines(text: string): string[] {
  return text.split('\n').map(escape);
}

const MIN_SUBJECT = 16;
/** From so many columns on a name has its short id behind it, where both fit: half an id would say nothing. */
const WIDE = 100;
const WIDEST_SUBJECT = 32;

function subjectWidth([, , subject]: readonly Cell[], columns: number): number {
  const width = displayWidth(subject?.text ?? '');
  return columns < WIDE || width > WIDEST_SUBJECT ? 0 : width;
}

/** As everywhere, but narrower: a screen has no room for UTC in every line. */
function cellsOf(row: TrailRow, names: KeyNames, columns: number): Cell[] {
  const [, , subject, ...others] = withoutBold(trailCells(row, names));
  const of = subjectOf(row.stream);
  const hasRoom = columns >= WIDE && displayWidth(subject?.text ?? '') <= WIDEST_SUBJECT;
  const name = of !== undefined && 'key' in of && !hasRoom ? names.get(of.key) : undefined;
  return [
    { text: row.at.toISOString().slice(0, 19).replace('T', ' ') },
    { text: spokenType(row.type) },
    { text: name === undefined ? (subject?.text ?? '') : escape(name) },
    ...others,
  ];
}
