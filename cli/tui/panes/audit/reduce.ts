import { nameInStream } from '../../../../src/events/streamName.ts';
import { decidingStream } from '../../../../src/events/subjectStream.ts';
import { NO_NAMES } from '../../../views/keyView.ts';
import { moveCursor, START } from '../../frame/lists/cursor.ts';
import type { State, Step, Target } from '../../frame/model.ts';
import { jobOf, startWork } from '../../frame/startWork.ts';
import { listHeight, readFrom, slotOf, withSlot } from '../../frame/state.ts';
import { openTimeline } from '../../screens/timeline/timelineScreen.ts';
import { UNDO_COMMAND } from '../../screens/timeline/undoCommand.ts';
import { UNDO_EVENT } from '../../screens/timeline/undoEvent.ts';
import { TRAIL } from './read.ts';
import { AUDIT } from './state.ts';

/** Reads on when the end of what is in memory comes near. */
export function readTrail(state: State): Step {
  const { rows, next, isReading, filter, generation, top } = slotOf(state, AUDIT);
  const isNearEnd = rows === undefined || (next !== undefined && top + 2 * listHeight(state) > rows.length);
  if (isReading || !isNearEnd) return [state, []];
  const after = rows === undefined ? undefined : next;
  return [withSlot(state, AUDIT, { isReading: true }), [readFrom(TRAIL, { filter, after, generation })]];
}

/** Asks for the newest events again. */
export function readTrailAgain(state: State): Step {
  const { filter, generation, rows } = slotOf(state, AUDIT);
  return [state, rows === undefined ? [] : [readFrom(TRAIL, { filter, after: undefined, generation })]];
}

/** Moves the cursor. */
export function moveInTrail(state: State, target: Target): State {
  const { at, top, rows = [] } = slotOf(state, AUDIT);
  const height = listHeight(state);
  const index = target(at, height, rows.length - 1);
  return withSlot(state, AUDIT, moveCursor({ at, top }, index, rows.length, height));
}

/** Starts the trail again with another filter. */
export function filterTrail(state: State, filter: string): State {
  const generation = slotOf(state, AUDIT).generation + 1;
  return withSlot(state, AUDIT, {
    ...START,
    filter,
    rows: undefined,
    names: NO_NAMES,
    next: undefined,
    isReading: false,
    generation,
  });
}

/** Opens the history of the key or server that the event under the cursor says something of, at that event. */
export function openTrailEvent(state: State): Step {
  const { rows, at } = slotOf(state, AUDIT);
  const event = rows?.[at];
  return event === undefined ? [state, []] : openTimeline(state, decidingStream(event.stream), event.at.getTime());
}

/** The id of the key, or the name of the server or role, that the event under the cursor is about. */
export function subjectInTrail(state: State): string | undefined {
  const { rows, at } = slotOf(state, AUDIT);
  return nameInStream(rows?.[at]?.stream ?? '');
}

/** Opens the form that takes back the event under the cursor. */
export function undoTrailEvent(state: State): Step {
  const { rows, at } = slotOf(state, AUDIT);
  const event = rows?.[at];
  if (event === undefined) return [state, []];
  const { stream, position } = event;
  const job = jobOf(UNDO_EVENT, { stream: decidingStream(stream), position });
  const [next, effects] = startWork(state, job, 'Looking at the event');
  return [next, effects];
}

/** Opens the form that takes back all that one command did along with the event under the cursor. */
export function undoTrailCommand(state: State): Step {
  const { rows, at } = slotOf(state, AUDIT);
  const event = rows?.[at];
  if (event === undefined) return [state, []];
  const [next, effects] = startWork(state, jobOf(UNDO_COMMAND, event), 'Looking at what was done together');
  return [next, effects];
}
