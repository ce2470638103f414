import { apiKeyStream } from '../../../../src/events/apiKey.ts';
import { mcpServerStream } from '../../../../src/events/mcpServer.ts';
import type { Pane, State, Step } from '../../frame/model.ts';
import { slotOf } from '../../frame/state.ts';
import { openTimeline } from '../../screens/timeline/timelineScreen.ts';
import { ACTIVITY_FEED, readActivityNames } from './read.ts';
import { ACTIVITY, keyOf, moveInActivity } from './state.ts';
import { activityLines } from './view.ts';

/** What happens in the gateway while the TUI is open. */
export const ACTIVITY_PANE: Pane = {
  name: ACTIVITY.name,
  title: 'Activity',
  shortcuts: [
    {
      keystrokes: ['enter', 'l', 'right'],
      text: 'show the history of its key or server',
      hint: 'history',
      perform: openHistory,
    },
  ],
  lines: activityLines,
  move: moveInActivity,
  read: readActivityNames,
  feeds: [ACTIVITY_FEED],
};

/** Opens the history of the key or server of the event under the cursor, as it is now. */
function openHistory(state: State): Step {
  const { events, at } = slotOf(state, ACTIVITY);
  const event = events[at];
  if (event === undefined) return [state, []];
  const key = keyOf(event);
  if (key !== undefined) return openTimeline(state, apiKeyStream(key));
  const server = 'server' in event ? event.server : undefined;
  return server === undefined ? [state, []] : openTimeline(state, mcpServerStream(server));
}
