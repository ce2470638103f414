import { compensationOf } from '../../../../src/administration/compensation.ts';
import type { Effect, State, Step } from '../../frame/model.ts';
import { push, readFrom, topContent, withError, withTop } from '../../frame/state.ts';
import { formScreen } from '../form/formScreen.ts';
import { HISTORY, STATE_AT } from './read.ts';
import { eventAt, TIMELINE, type Timeline } from './timeline.ts';
import { undoForm } from './undoForm.ts';

/** Reads the history, and what there was at its moment. */
export function readTimeline({ stream, atMs }: Pick<Timeline, 'stream' | 'atMs'>): readonly Effect[] {
  return [readFrom(HISTORY, { stream }), readFrom(STATE_AT, { stream, atMs })];
}

/** Goes to a moment; what is shown stays until what there was then has been read. */
export function travel(state: State, momentOf: (timeline: Timeline, nowMs: number) => number | undefined): Step {
  const timeline = topContent(state, TIMELINE);
  if (timeline === undefined) return [state, []];
  const atMs = momentOf(timeline, state.nowMs);
  const { stream } = timeline;
  return [withTop(state, TIMELINE, { ...timeline, atMs }), [readFrom(STATE_AT, { stream, atMs })]];
}

/** Opens the form that takes back the event at the moment. */
export function undo(state: State): Step {
  const timeline = topContent(state, TIMELINE);
  if (timeline === undefined) return [state, []];
  const compensation = compensationOf(timeline.rows ?? [], eventAt(timeline));
  if ('refusal' in compensation) return withError(state, compensation.refusal);
  return [push(state, formScreen(undoForm(compensation))), []];
}
