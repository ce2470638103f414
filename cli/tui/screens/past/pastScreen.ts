import type { KeyOnScreen } from '../../../../src/projections/tables/keyLists.ts';
import { effectiveAccess } from '../../../../src/projections/tables/keyRoles.ts';
import { escape } from '../../../../src/escape.ts';
import { pad, truncate } from '../../../output/width.ts';
import type { Cell, Column } from '../../../output/table.ts';
import { formatTime, keyFields, keyStatus, listed } from '../../../views/keyView.ts';
import { serverAddress, serverFields } from '../../../views/serverView.ts';
import { moveCursor, START } from '../../frame/lists/cursor.ts';
import { rowLines } from '../../frame/lists/rows.ts';
import type { Screen, ScreenKind, State, Step, Target } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { pop, push, screen, titledListHeight, topContent, withTop } from '../../frame/state.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { PAST, type Past } from './past.ts';

const toNow = (state: State): Step => [pop(state), []];

const PAST_KIND: ScreenKind<Past> = {
  ...PAST,
  title: 'The past',
  shortcuts: [
    { keystrokes: ['1'], text: 'keys as they were', hint: 'keys', perform: (state) => show(state, 'keys') },
    { keystrokes: ['2'], text: 'servers as they were', hint: 'servers', perform: (state) => show(state, 'servers') },
    { keystrokes: ['tab', 'shift-tab'], text: 'the other list', perform: other },
    { keystrokes: ['enter', 'l', 'right'], text: 'show it as it was', hint: 'show', perform: openRow },
    { ...BACK, keystrokes: ['T', ...BACK.keystrokes], text: 'back to now', hint: 'now', perform: toNow },
  ],
  lines: pastLines,
  move: movePast,
  commands: ({ atMs }) => [['audit', 'at', new Date(atMs).toISOString()]],
  subject: (past) => rowOf(past)?.id,
};

/** Shows what there was. */
export function pastScreen(past: Past): Screen {
  return screen(PAST_KIND, past);
}

function show(state: State, shown: Past['shown']): Step {
  const past = topContent(state, PAST);
  return [past === undefined ? state : withTop(state, PAST, { ...past, shown, cursor: START }), []];
}

function other(state: State): Step {
  return show(state, topContent(state, PAST)?.shown === 'keys' ? 'servers' : 'keys');
}

function movePast(past: Past, target: Target, state: State): Past {
  const height = titledListHeight(state);
  const count = past[past.shown].length;
  return { ...past, cursor: moveCursor(past.cursor, target(past.cursor.at, height, count - 1), count, height) };
}

function rowOf({ shown, keys, servers, cursor }: Past): { readonly id: string } | undefined {
  return shown === 'keys' ? keys[cursor.at] : servers[cursor.at];
}

const KEY_COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 24 },
  { title: 'STATUS' },
  { title: 'EXPIRES', drop: 1 },
  { title: 'GRANTS', min: 8, drop: 2 },
  { title: 'SCOPES', min: 12, drop: 3 },
];
const SERVER_COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 16 },
  { title: 'STATUS' },
  { title: 'TRANSPORT', drop: 2 },
  { title: 'ADDRESS', min: 16, drop: 1 },
];

/** The header says that nothing of this is now. */
function banner({ atMs }: Past, what: string, columns: number, paint: TuiPaint): string {
  const text = `${what} as of ${formatTime(new Date(atMs))}: the past, read only. T or Esc: back to now.`;
  return paint('yellow', paint('inverse', pad(truncate(` ${text}`, columns), columns)));
}

function pastLines(past: Past, state: State, paint: TuiPaint): string[] {
  const { shown, keys, servers, cursor, atMs } = past;
  const { columns: width } = state.size;
  const title = banner(past, shown === 'keys' ? 'Keys' : 'Servers', width, paint);
  const total = past[shown].length;
  if (total === 0) return [title, `There were no ${shown} then.`];
  const { top } = cursor;
  const end = top + titledListHeight(state);
  const cells =
    shown === 'keys'
      ? keys.slice(top, end).map((row) => keyCells(row, atMs))
      : servers
          .slice(top, end)
          .map((row) => [
            { text: escape(row.name) },
            { text: row.status },
            { text: row.transport },
            { text: serverAddress(row) },
          ]);
  const aside = `${String(cursor.at + 1)} of ${String(total)}`;
  const columns = shown === 'keys' ? KEY_COLUMNS : SERVER_COLUMNS;
  const rows = { columns, cells, chosen: cursor.at - top, part: { top, total }, aside, width };
  return [title, ...rowLines(rows, paint)];
}

/** With what its roles gave it then. */
function keyCells(row: KeyOnScreen, atMs: number): Cell[] {
  const { scopes, grants } = effectiveAccess(row);
  return [
    { text: escape(row.name) },
    keyStatus(row, atMs),
    { text: row.expiresAt === null ? 'never' : row.expiresAt.toISOString().slice(0, 10) },
    { text: listed(grants) },
    { text: listed(scopes) },
  ];
}

const ROW_KIND: ScreenKind<Past> = {
  name: 'pastRow',
  title: 'The past',
  scrolls: true,
  shortcuts: [BACK],
  lines: rowLinesOf,
  commands: (past) => {
    const row = rowOf(past);
    if (row === undefined) return [];
    const which = past.shown === 'keys' ? ['--key', row.id] : ['--server', past.servers[past.cursor.at]?.name ?? ''];
    return [['audit', 'at', new Date(past.atMs).toISOString(), ...which]];
  },
  subject: (past) => rowOf(past)?.id,
};

function openRow(state: State): Step {
  const past = topContent(state, PAST);
  return past === undefined || rowOf(past) === undefined ? [state, []] : [push(state, screen(ROW_KIND, past)), []];
}

function rowLinesOf(past: Past, { size: { columns }, programName }: State, paint: TuiPaint): string[] {
  const { shown, keys, servers, cursor, atMs } = past;
  const [key, server] = [keys[cursor.at], servers[cursor.at]];
  const fields =
    shown === 'keys'
      ? key && keyFields(key, atMs)
      : server && serverFields({ ...server, sealed: null }, { headers: [], env: [] });
  const title = banner(past, shown === 'keys' ? 'The key' : 'The server', columns, paint);
  return [title, '', ...recordLines(fields ?? [], { columns, programName }, paint)];
}
