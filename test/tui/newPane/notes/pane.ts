import type { Pane, State, Step } from '../../../../cli/tui/frame/model.ts';
import { readFrom, slotOf, withSlot } from '../../../../cli/tui/frame/state.ts';
import { ALL_NOTES, NEW_NOTES } from './read.ts';
import { NOTES } from './state.ts';

/** A pane that the product has not. */
export const NOTES_PANE: Pane = {
  name: NOTES.name,
  title: 'Notes',
  shortcuts: [{ keystrokes: ['z'], text: 'forget all notes', hint: 'forget', perform: forget }],
  lines: (state) => slotOf(state, NOTES).notes ?? ['Reading the notes …'],
  read: (state) => [state, slotOf(state, NOTES).notes === undefined ? [readFrom(ALL_NOTES, undefined)] : []],
  readAgain: (state) => [state, [readFrom(ALL_NOTES, undefined)]],
  feeds: [NEW_NOTES],
};

function forget(state: State): Step {
  return [withSlot(state, NOTES, { notes: [] }), []];
}
