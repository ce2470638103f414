import type { Pane } from '../../frame/model.ts';
import { countAgain, moveInUsage, nextGroup, nextRange, readUsage } from './reduce.ts';
import { USAGE } from './state.ts';
import { usageLines } from './view.ts';

/** Counters of calls. */
export const USAGE_PANE: Pane = {
  name: USAGE.name,
  title: 'Usage',
  shortcuts: [
    { keystrokes: ['b'], text: 'count by key, server, tool or hour', hint: 'count by', perform: nextGroup },
    { keystrokes: ['w'], text: 'how far back: 1 h, 24 h, 7 d, 30 d', hint: 'how far back', perform: nextRange },
  ],
  lines: usageLines,
  move: moveInUsage,
  read: readUsage,
  refresh: countAgain,
};
