import { apiKeyStream } from '../../../src/events/apiKey.ts';
import { mcpServerStream } from '../../../src/events/mcpServer.ts';
import { openTimeline } from './performHistory.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

/** Opens the history that the event under the cursor belongs to: at that event, or what happens now, at now. */
export function openTrailEvent(state: State): Step {
  if (state.pane === 'activity') {
    const event = state.activity.events[state.activity.at];
    if (event === undefined) return [state, []];
    if ('key' in event && event.key !== undefined) return openTimeline(state, apiKeyStream(event.key), undefined);
    const server = 'server' in event ? event.server : undefined;
    return server === undefined ? [state, []] : openTimeline(state, mcpServerStream(server), undefined);
  }
  const event = state.trail.rows?.[state.trail.at];
  return event === undefined ? [state, []] : openTimeline(state, event.stream, event.at.getTime());
}
