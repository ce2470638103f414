import type { Pane } from '../../frame/model.ts';
import { slotOf } from '../../frame/state.ts';
import { filterTrail, moveInTrail, openTrailEvent, readTrail, readTrailAgain, undoTrailEvent } from './reduce.ts';
import { AUDIT } from './state.ts';
import { eventBesideTrail, trailLines } from './view.ts';

/** The audit trail. */
export const AUDIT_PANE: Pane = {
  name: AUDIT.name,
  title: 'Audit',
  shortcuts: [{ keystrokes: ['u'], text: 'undo the event, with a reason', hint: 'undo', perform: undoTrailEvent }],
  lines: trailLines,
  detail: eventBesideTrail,
  move: moveInTrail,
  list: { open: openTrailEvent, filterOf: (state) => slotOf(state, AUDIT).filter, filterBy: filterTrail },
  read: readTrail,
  readAgain: readTrailAgain,
};
