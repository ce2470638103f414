import { apiKeyStream } from '../../../../src/events/streamName.ts';
import { mcpServerStream } from '../../../../src/events/mcpServer.ts';
import type { ScreenKind, ScreenName, State, Step } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { push, screen, slotOf, topContent } from '../../frame/state.ts';
import { recordLines } from '../../frame/text/recordLines.ts';
import { openTimeline } from '../../screens/timeline/timelineScreen.ts';
import { eventFields } from './eventFields.ts';
import type { ShownEvent } from './shownEvents.ts';
import { ACTIVITY, eventInView, keyOf, serverOf } from './state.ts';

const EVENT: ScreenName<ShownEvent> = { name: 'event' };

const EVENT_KIND: ScreenKind<ShownEvent> = {
  ...EVENT,
  title: 'What has happened',
  scrolls: true,
  shortcuts: [
    {
      keystrokes: ['t'],
      text: 'show the history of its key',
      hint: 'history of the key',
      perform: (state) => openHistory(state, 'key'),
    },
    {
      keystrokes: ['s'],
      text: 'show the history of its server',
      hint: 'history of the server',
      perform: (state) => openHistory(state, 'server'),
    },
    BACK,
  ],
  lines: (event, state, paint) =>
    recordLines(eventFields(event, slotOf(state, ACTIVITY)), { columns: state.size.columns }, paint),
  commands: (event) => {
    const [key, server] = [keyOf(event), serverOf(event)];
    const filters = [
      ...(key === undefined ? [] : ['--key', key]),
      ...(server === undefined ? [] : ['--server', server]),
    ];
    return [['usage', ...filters, '--by', 'tool,hour']];
  },
  subject: (event) => keyOf(event) ?? serverOf(event),
};

/** Shows the event under the cursor. */
export function openEvent(state: State): Step {
  const event = eventInView(state);
  return event === undefined ? [state, []] : [push(state, screen(EVENT_KIND, event)), []];
}

function openHistory(state: State, of: 'key' | 'server'): Step {
  const event = topContent(state, EVENT);
  const id = event && (of === 'key' ? keyOf(event) : serverOf(event));
  return id === undefined ? [state, []] : openTimeline(state, of === 'key' ? apiKeyStream(id) : mcpServerStream(id));
}
