import { nameInStream, subjectOf, type Subject } from '../../../../src/events/streamName.ts';
import type { ScreenKind, State, Step } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { push, screen } from '../../frame/state.ts';
import { readTimeline, travel, undo } from './reduce.ts';
import { slide, stepByEvent, TIMELINE, type Timeline } from './timeline.ts';
import { timelineLines } from './view.ts';

const earlier = (state: State) => travel(state, (timeline) => stepByEvent(timeline, -1));
const later = (state: State) => travel(state, (timeline) => stepByEvent(timeline, 1));

const TIMELINE_KIND: ScreenKind<Timeline> = {
  ...TIMELINE,
  title: 'History',
  shortcuts: [
    { keystrokes: ['h', 'left'], text: 'to the event before', hint: 'earlier', perform: earlier },
    { keystrokes: ['l', 'right'], text: 'to the next event', hint: 'later', perform: later },
    {
      keystrokes: ['H', '['],
      text: 'slide back in time',
      perform: (state) => travel(state, (timeline, nowMs) => slide(timeline, -1, nowMs)),
    },
    {
      keystrokes: ['L', ']'],
      text: 'slide forward in time',
      perform: (state) => travel(state, (timeline, nowMs) => slide(timeline, 1, nowMs)),
    },
    { keystrokes: ['k', 'up'], text: 'to the next event', perform: later },
    { keystrokes: ['j', 'down'], text: 'to the event before', perform: earlier },
    {
      keystrokes: ['g', 'home'],
      text: 'to the beginning',
      inPalette: false,
      perform: (state) => travel(state, ({ rows }) => rows?.[0]?.at.getTime()),
    },
    {
      keystrokes: ['G', 'end', 'n'],
      text: 'to now',
      hint: 'now',
      perform: (state) => travel(state, () => undefined),
    },
    { keystrokes: ['u'], text: 'undo the event, with a reason', hint: 'undo', perform: undo },
    { ...BACK, keystrokes: ['esc', 'q'] },
  ],
  lines: timelineLines,
  commands: timelineCommands,
  subject: ({ stream }) => nameInStream(stream),
  readAgain: readTimeline,
};

/** Opens the history of a key or a server, at a moment. */
export function openTimeline(state: State, stream: string, atMs?: number): Step {
  const timeline: Timeline = { stream, rows: undefined, atMs, stateAt: undefined };
  return [push(state, screen(TIMELINE_KIND, timeline)), readTimeline(timeline)];
}

/** The history, and what there was then. */
function timelineCommands({ stream, atMs }: Timeline): readonly (readonly string[])[] {
  const subject = subjectOf(stream);
  if (subject === undefined) return [];
  const [history, which] = timelineOf(subject);
  return atMs === undefined ? [history] : [history, ['audit', 'at', new Date(atMs).toISOString(), ...which]];
}

/** The arguments that show a history, and those that choose its subject at a moment. */
function timelineOf(subject: Subject): readonly [readonly string[], readonly string[]] {
  if ('key' in subject)
    return [
      ['audit', 'keys', subject.key],
      ['--key', subject.key],
    ];
  if ('role' in subject) return [['audit', 'tail', '--subject', subject.role], []];
  return [
    ['audit', 'tail', '--subject', subject.server],
    ['--server', subject.server],
  ];
}
