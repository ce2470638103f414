/** The current time, in milliseconds since the Unix epoch. Injected so that tests own time. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** Formats milliseconds since the epoch as an RFC 3339 UTC time with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
