import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from '../../output/width.ts';
import type { Pane, State } from './model.ts';
import { bodyHeight, openPane, topScreen } from './state.ts';
import type { TuiPaint } from './text/style.ts';

/** Columns from which on what is under the cursor stands beside the list. */
const WIDE = 140;
/** The part of the width that the list keeps. */
const LIST_SHARE = 0.6;
const GAP = ' │ ';

/** Whether there is room for what is under the cursor beside the list. */
export function showsDetail(state: State): boolean {
  return state.size.columns >= WIDE && topScreen(state) === undefined && openPane(state)?.detail !== undefined;
}

/** Writes a list and beside it what is under its cursor; where there is nothing, it has the whole width. */
export function linesWithDetail(pane: Pane, state: State, paint: TuiPaint): readonly string[] {
  const { columns } = state.size;
  const listColumns = Math.floor(columns * LIST_SHARE);
  const detail = pane.detail?.(narrowed(state, columns - listColumns - GAP.length), paint) ?? [];
  if (detail.length === 0) return pane.lines(state, paint);
  const list = pane.lines(narrowed(state, listColumns), paint);
  return Array.from({ length: bodyHeight(state) }, (_, at) => {
    const left = list[at] ?? '';
    const space = ' '.repeat(Math.max(0, listColumns - displayWidth(stripVTControlCharacters(left))));
    return `${left}${space}${paint('dim', GAP)}${detail[at] ?? ''}`;
  });
}

function narrowed(state: State, columns: number): State {
  return { ...state, size: { ...state.size, columns } };
}
