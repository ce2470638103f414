import { apiKeyStream } from '../../../../src/events/streamName.ts';
import { mcpServerStream } from '../../../../src/events/mcpServer.ts';
import { START } from '../../frame/lists/cursor.ts';
import type { Pane, State, Step } from '../../frame/model.ts';
import { slotOf, withSlot } from '../../frame/state.ts';
import { openTimeline } from '../../screens/timeline/timelineScreen.ts';
import { openEvent } from './eventScreen.ts';
import { eventFields } from './eventFields.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import { ratesText } from './rates.ts';
import { ACTIVITY_FEED, readActivity, readActivityAgain } from './read.ts';
import { ACTIVITY, eventInView, keyOf, moveInActivity, serverOf, togglePause } from './state.ts';
import { activityLines } from './view.ts';

/** What happens in the gateway while the TUI is open, and what was changed before. */
export const ACTIVITY_PANE: Pane = {
  name: ACTIVITY.name,
  title: 'Activity',
  shortcuts: [
    { keystrokes: ['p'], text: 'pause, or go on', hint: 'pause', perform: pause },
    { keystrokes: ['t'], text: 'show the history of its key or server', hint: 'history', perform: openHistory },
  ],
  lines: activityLines,
  detail(state, paint) {
    const event = eventInView(state);
    const { columns } = state.size;
    return event === undefined ? [] : recordLines(eventFields(event, slotOf(state, ACTIVITY)), { columns }, paint);
  },
  // Calls are shown nowhere else; changes are.
  commands: () => [['audit', 'tail', '--follow']],
  subject(state) {
    const event = eventInView(state);
    return event && (keyOf(event) ?? serverOf(event));
  },
  status(state) {
    const { source, rates } = slotOf(state, ACTIVITY);
    return source === 'gateway' ? ratesText(rates, state.nowMs) : undefined;
  },
  move: moveInActivity,
  list: { open: openEvent, filterOf: (state) => slotOf(state, ACTIVITY).filter, filterBy: filterActivity },
  read: readActivity,
  readAgain: readActivityAgain,
  feeds: [ACTIVITY_FEED],
};

function filterActivity(state: State, filter: string): State {
  return withSlot(state, ACTIVITY, { ...START, filter });
}

function pause(state: State): Step {
  return [withSlot(state, ACTIVITY, togglePause(slotOf(state, ACTIVITY))), []];
}

/** Opens the history of the key or server of the event under the cursor, as it is now. */
function openHistory(state: State): Step {
  const event = eventInView(state);
  if (event === undefined) return [state, []];
  const key = keyOf(event);
  if (key !== undefined) return openTimeline(state, apiKeyStream(key));
  const server = serverOf(event);
  return server === undefined ? [state, []] : openTimeline(state, mcpServerStream(server));
}
