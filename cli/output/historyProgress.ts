import type { HistoryProgress } from '../../src/audit/history.ts';
import type { ProgressLine } from './progressLine.ts';

/** Tells the progress of a reading of the whole history on a line: events, and how much of the event store that is. */
export function showHistory(line: ProgressLine, what: string): (progress: HistoryProgress) => void {
  return ({ events, position, last }) => {
    const percent = position >= last ? 100n : (position * 100n) / last;
    line.show(`${what}: ${events.toLocaleString('en')} events, ${percent} %`);
  };
}
