import { InvalidArgumentError } from 'commander';
import { durationMs } from '../../src/events/duration.ts';

const ACCEPTED = 'Write a whole number with its unit: 90d, 24h, 30m or 45s; at most 36500d.';

/** Reads a duration such as `90d`, `24h`, `30m`, `45s` into milliseconds. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new InvalidArgumentError(ACCEPTED);
  return ms;
}

/** As `parseDuration`, for what can't take no time at all. @throws InvalidArgumentError */
export function parsePositiveDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new InvalidArgumentError('It must be longer than nothing.');
  return ms;
}
