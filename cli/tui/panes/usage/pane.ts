import type { Pane } from '../../frame/model.ts';
import {
  closeUsage,
  openUsage,
  sortNext,
  countAgain,
  moveInUsage,
  nextGroup,
  nextRange,
  readUsage,
  usageCommand,
  usageInView,
} from './reduce.ts';
import { USAGE } from './state.ts';
import { usageLines } from './view.ts';

/** Counters of calls. */
export const USAGE_PANE: Pane = {
  name: USAGE.name,
  title: 'Usage',
  shortcuts: [
    { keystrokes: ['b'], text: 'count by key, server, tool or hour', hint: 'count by', perform: nextGroup },
    {
      keystrokes: ['w'],
      text: 'how far back: 1 h, 24 h, yesterday, 7 d, 30 d',
      hint: 'how far back',
      perform: nextRange,
    },
    {
      keystrokes: ['enter', 'l', 'right'],
      text: 'count what is in the row: its tools, who used it, its hours',
      hint: 'open',
      perform: openUsage,
    },
    {
      keystrokes: ['esc', 'h', 'left', 'backspace'],
      text: 'out of the row again',
      inPalette: false,
      perform: closeUsage,
    },
    { keystrokes: ['s'], text: 'sort by calls, failures, latency or bytes', hint: 'sort', perform: sortNext },
  ],
  lines: usageLines,
  commands: (state) => [usageCommand(state)],
  subject: (state) => usageInView(state)?.name,
  move: moveInUsage,
  read: readUsage,
  refresh: countAgain,
};
