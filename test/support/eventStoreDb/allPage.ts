import type { EventLog } from './eventLog.ts';
import { at, compare, isRecordBoundary, type LogPosition } from './logPosition.ts';

/** A real server reads everything in pages of this many events, and without `maxSearchWindow` looks at as many. */
export const PAGE_EVENTS = 32;

export interface AllPage {
  /** The numbers of the events the filter lets through. */
  readonly events: readonly number[];
  /** How many were looked at. */
  readonly considered: number;
  readonly next: LogPosition;
  readonly isEnd: boolean;
}

export interface PageBounds {
  readonly events: number;
  readonly searchWindow: number;
}

export type Allows = (number: number) => boolean;

/** Answers the events at or after a position, or undefined where no record begins. */
export function pageForwards(
  log: EventLog,
  from: LogPosition,
  allows: Allows,
  bounds: PageBounds,
): AllPage | undefined {
  if (!isRecordBoundary(log, from.commit)) return undefined;
  const events: number[] = [];
  let considered = 0;
  let next = from;
  let number = log.numberAt(from.commit);
  if (number < log.count && compare(at(log.positionOf(number)), from) < 0) number++;
  for (; events.length < bounds.events && considered < bounds.searchWindow; number++) {
    if (number >= log.count) return { events, considered, next, isEnd: true };
    next = { commit: log.endOf(number), prepare: 0 };
    if (log.isRemoved(number)) continue;
    considered++;
    if (allows(number)) events.push(number);
  }
  return { events, considered, next, isEnd: false };
}

/** Answers the events that end at or before a position, newest first: the event at the position is not among them. */
export function pageBackwards(
  log: EventLog,
  from: LogPosition,
  allows: Allows,
  bounds: PageBounds,
): AllPage | undefined {
  if (!isRecordBoundary(log, from.commit)) return undefined;
  const events: number[] = [];
  let considered = 0;
  let next = from;
  let number = log.numberAt(from.commit) - 1;
  if (number >= 0 && compare(at(log.endOf(number)), from) > 0) number--;
  for (; events.length < bounds.events && considered < bounds.searchWindow; number--) {
    if (number < 0) return { events, considered, next, isEnd: true };
    next = at(log.positionOf(number));
    if (log.isRemoved(number)) continue;
    considered++;
    if (allows(number)) events.push(number);
  }
  return { events, considered, next, isEnd: false };
}
