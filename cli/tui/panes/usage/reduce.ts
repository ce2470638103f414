import { moveCursor, START } from '../../frame/lists/cursor.ts';
import type { Effect, State, Step, Target } from '../../frame/model.ts';
import { readFrom, slotOf, titledListHeight, withSlot } from '../../frame/state.ts';
import { USAGE_ROWS } from './read.ts';
import { USAGE, USAGE_GROUPS, USAGE_RANGES } from './state.ts';

/** Counts what is not counted yet. */
export function readUsage(state: State): Step {
  return [state, slotOf(state, USAGE).rows === undefined ? countAgain(state) : []];
}

/** Counts again. */
export function countAgain(state: State): readonly Effect[] {
  const { group, hours } = slotOf(state, USAGE);
  return [readFrom(USAGE_ROWS, { group, hours })];
}

/** Moves the cursor. */
export function moveInUsage(state: State, target: Target): State {
  const { at, top, rows = [] } = slotOf(state, USAGE);
  const height = titledListHeight(state);
  const index = target(at, height, rows.length - 1);
  return withSlot(state, USAGE, moveCursor({ at, top }, index, rows.length, height));
}

/** Counts by something else. */
export function nextGroup(state: State): Step {
  const group = nextOf(USAGE_GROUPS, slotOf(state, USAGE).group);
  return [withSlot(state, USAGE, { ...START, group, rows: undefined }), []];
}

/** Counts further back; after the longest range comes the shortest. */
export function nextRange(state: State): Step {
  const hours = nextOf<number>(USAGE_RANGES, slotOf(state, USAGE).hours);
  return [withSlot(state, USAGE, { ...START, hours, rows: undefined }), []];
}

function nextOf<T>(choices: readonly T[], now: T): T {
  return choices[(choices.indexOf(now) + 1) % choices.length] ?? now;
}
