import { apiKeyStream } from '../../../src/events/apiKey.ts';
import { mcpServerStream } from '../../../src/events/mcpServer.ts';
import type { Intent } from '../keys.ts';
import { undoForm } from '../forms/undoForm.ts';
import { refuse } from './begin.ts';
import { compensationOf } from './compensation.ts';
import { keyInView } from './performKey.ts';
import { serverInView } from './performServer.ts';
import { push, topScreen, withTop, type State } from './state.ts';
import type { Step } from './step.ts';
import { eventAt, slide, stepByEvent, type Timeline } from './timeline.ts';

/** Opens the history of a key or a server, at a moment. */
export function openTimeline(state: State, stream: string, atMs: number | undefined): Step {
  const timeline: Timeline = { screen: 'timeline', stream, rows: undefined, atMs, then: undefined };
  return [
    push(state, timeline),
    [
      { effect: 'readHistory', stream },
      { effect: 'readThen', stream, atMs },
    ],
  ];
}

type HistoryIntent = Extract<
  Intent,
  'history' | 'earlier' | 'later' | 'slide-earlier' | 'slide-later' | 'first' | 'now' | 'undo'
>;

/** Does what concerns the history of a key or a server. */
export function performHistory(state: State, intent: HistoryIntent): Step {
  const timeline = topScreen(state);
  if (timeline?.screen !== 'timeline') {
    const key = keyInView(state);
    const server = serverInView(state);
    const stream =
      key !== undefined ? apiKeyStream(key.id) : server !== undefined ? mcpServerStream(server.name) : undefined;
    return stream === undefined ? [state, []] : openTimeline(state, stream, undefined);
  }
  switch (intent) {
    case 'history':
      return [state, []];
    case 'earlier':
      return travel(state, timeline, stepByEvent(timeline, -1));
    case 'later':
      return travel(state, timeline, stepByEvent(timeline, 1));
    case 'slide-earlier':
      return travel(state, timeline, slide(timeline, -1, state.nowMs));
    case 'slide-later':
      return travel(state, timeline, slide(timeline, 1, state.nowMs));
    case 'first':
      return travel(state, timeline, timeline.rows?.[0]?.at.getTime());
    case 'now':
      return travel(state, timeline, undefined);
    case 'undo':
      return undo(state, timeline);
  }
}

/** Goes to a moment; what was there is shown until what was there then has been read. */
function travel(state: State, timeline: Timeline, atMs: number | undefined): Step {
  const { stream } = timeline;
  return [withTop(state, { ...timeline, atMs }), [{ effect: 'readThen', stream, atMs }]];
}

function undo(state: State, timeline: Timeline): Step {
  const { rows = [] } = timeline;
  const compensation = compensationOf(rows, eventAt(timeline));
  if ('none' in compensation) return refuse(state, compensation.none);
  return [push(state, { screen: 'form', form: undoForm(compensation) }), []];
}
