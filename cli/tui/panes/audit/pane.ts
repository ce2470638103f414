import type { Pane } from '../../frame/model.ts';
import { slotOf } from '../../frame/state.ts';
import {
  filterTrail,
  moveInTrail,
  openTrailEvent,
  readTrail,
  readTrailAgain,
  subjectInTrail,
  undoTrailCommand,
  undoTrailEvent,
} from './reduce.ts';
import { AUDIT } from './state.ts';
import { eventBesideTrail, trailLines } from './view.ts';

/** The audit trail. */
export const AUDIT_PANE: Pane = {
  name: AUDIT.name,
  title: 'Audit',
  shortcuts: [
    { keystrokes: ['u'], text: 'undo the event, with a reason', hint: 'undo', perform: undoTrailEvent },
    {
      keystrokes: ['U'],
      text: 'undo all that was done together with the event',
      hint: 'undo the whole command',
      perform: undoTrailCommand,
    },
  ],
  lines: trailLines,
  commands: () => [['audit', 'tail', '--lines', '200']],
  subject: subjectInTrail,
  detail: eventBesideTrail,
  move: moveInTrail,
  list: { open: openTrailEvent, filterOf: (state) => slotOf(state, AUDIT).filter, filterBy: filterTrail },
  read: readTrail,
  readAgain: readTrailAgain,
};
