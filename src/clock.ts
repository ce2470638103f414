/** The current time, in milliseconds since the Unix epoch. Injected so that tests own time. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Formats milliseconds since the epoch as an RFC 3339 UTC time with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Node makes it anew each time that it is read, and loads all that measures for the first one: most commands need no such clock. */
let startedAt: number | undefined;

/**
 * Tells the time as it has passed since this process started, in ms since the epoch: it does not jump when the wall clock is
 * set or the machine wakes up. For durations, such as the time-outs of calls in flight.
 */
export const steadyClock: Clock = () => Math.round((startedAt ??= performance.timeOrigin) + performance.now());
