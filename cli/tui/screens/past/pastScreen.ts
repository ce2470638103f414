import { displayWidth, pad, truncate } from '../../../output/width.ts';
import { formatTime } from '../../../views/keyView.ts';
import { moveCursor, START } from '../../frame/lists/cursor.ts';
import { rowLines } from '../../frame/lists/rows.ts';
import type { Screen, ScreenKind, State, Step, Target } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { pop, push, screen, titledListHeight, topContent, withTop } from '../../frame/state.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { PAST, type Past, type PastList } from './past.ts';
import { PAST_LISTS } from './pastLists.ts';

const toNow = (state: State): Step => [pop(state), []];

const ORDER: readonly PastList[] = ['keys', 'servers', 'roles'];

const PAST_KIND: ScreenKind<Past> = {
  ...PAST,
  title: 'The past',
  shortcuts: [
    // The numbers of the tabs.
    { keystrokes: ['1'], text: 'keys as they were', hint: 'keys', perform: (state) => show(state, 'keys') },
    { keystrokes: ['2'], text: 'servers as they were', hint: 'servers', perform: (state) => show(state, 'servers') },
    { keystrokes: ['6'], text: 'roles as they were', hint: 'roles', perform: (state) => show(state, 'roles') },
    { keystrokes: ['tab'], text: 'the next list', perform: (state) => showNext(state, 1) },
    { keystrokes: ['shift-tab'], text: 'the list before', perform: (state) => showNext(state, -1) },
    { keystrokes: ['enter', 'l', 'right'], text: 'show it as it was', hint: 'show', perform: openRow },
    { ...BACK, keystrokes: ['T', ...BACK.keystrokes], text: 'back to now', hint: 'now', perform: toNow },
  ],
  lines: pastLines,
  pane: ({ shown }) => shown,
  move: movePast,
  commands: ({ atMs }) => [['audit', 'at', new Date(atMs).toISOString()]],
  subject: (past) => PAST_LISTS[past.shown].subject(past),
};

/** Shows what there was. */
export function pastScreen(past: Past): Screen {
  return screen(PAST_KIND, past);
}

function show(state: State, shown: PastList): Step {
  const past = topContent(state, PAST);
  return [past === undefined ? state : withTop(state, PAST, { ...past, shown, cursor: START }), []];
}

function showNext(state: State, by: 1 | -1): Step {
  const at = ORDER.indexOf(topContent(state, PAST)?.shown ?? 'keys');
  return show(state, ORDER[(at + by + ORDER.length) % ORDER.length] ?? 'keys');
}

function movePast(past: Past, target: Target, state: State): Past {
  const height = titledListHeight(state);
  const count = past[past.shown].length;
  return { ...past, cursor: moveCursor(past.cursor, target(past.cursor.at, height, count - 1), count, height) };
}

/** The header says that nothing of this is now. */
function banner({ atMs }: Past, what: string, columns: number, paint: TuiPaint): string {
  const text = ` ${what} as of ${formatTime(new Date(atMs))}: the past, read only.`;
  const whole = `${text} T or Esc: back to now.`;
  const shown = displayWidth(whole) <= columns ? whole : text;
  return paint('bold', paint('inverse', pad(truncate(shown, columns), columns)));
}

function pastLines(past: Past, state: State, paint: TuiPaint): string[] {
  const { shown, cursor } = past;
  const { columns: width } = state.size;
  const { title, columns, cells } = PAST_LISTS[shown];
  const head = banner(past, title, width, paint);
  const total = past[shown].length;
  if (total === 0) return [head, `There were no ${shown} then.`];
  const { top } = cursor;
  const rows = {
    columns,
    cells: cells(past, top, top + titledListHeight(state)),
    chosen: cursor.at - top,
    part: { top, total },
    aside: `${(cursor.at + 1).toLocaleString('en')} of ${total.toLocaleString('en')}`,
    width,
  };
  return [head, ...rowLines(rows, paint)];
}

const ROW_KIND: ScreenKind<Past> = {
  name: 'pastRow',
  title: 'The past',
  scrolls: true,
  shortcuts: [BACK],
  lines: rowLinesOf,
  pane: ({ shown }) => shown,
  commands: (past) => [['audit', 'at', new Date(past.atMs).toISOString(), ...PAST_LISTS[past.shown].option(past)]],
  subject: (past) => PAST_LISTS[past.shown].subject(past),
};

function openRow(state: State): Step {
  const past = topContent(state, PAST);
  const isThere = past !== undefined && PAST_LISTS[past.shown].subject(past) !== undefined;
  return isThere ? [push(state, screen(ROW_KIND, past)), []] : [state, []];
}

function rowLinesOf(past: Past, { size: { columns }, programName }: State, paint: TuiPaint): string[] {
  const { one, fields } = PAST_LISTS[past.shown];
  return [banner(past, one, columns, paint), '', ...recordLines(fields(past), { columns, programName }, paint)];
}
