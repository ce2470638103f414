import { openTimeline } from './performHistory.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

/** Opens the history that the event under the cursor belongs to, at that event. */
export function openTrailEvent(state: State): Step {
  const event = state.trail.rows?.[state.trail.at];
  return event === undefined ? [state, []] : openTimeline(state, event.stream, event.at.getTime());
}
