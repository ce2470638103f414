import { InvalidArgumentError } from 'commander';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A hundred years: more is a slip, and JavaScript's dates end somewhere. */
const MAX_MS = 36_500 * UNIT_MS.d;

const ACCEPTED = 'Write a whole number with its unit: 90d, 24h, 30m or 45s; at most 36500d.';

/** Reads a duration such as `90d`, `24h`, `30m`, `45s` into milliseconds. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new InvalidArgumentError(ACCEPTED);
  return ms;
}

/** As `parseDuration`. @returns undefined for what is none */
export function durationMs(text: string): number | undefined {
  const [, digits = '', unit] = /^(\d{1,12})([smhd])$/.exec(text) ?? [];
  // The regular expression admits no other unit.
  const ms = unit === undefined ? NaN : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return ms <= MAX_MS ? ms : undefined;
}

/** As `parseDuration`, for what can't take no time at all. @throws InvalidArgumentError */
export function parsePositiveDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new InvalidArgumentError('It must be longer than nothing.');
  return ms;
}

/** Writes milliseconds in the largest unit that they are a whole number of: `1h`, `90d`, `1500ms`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms !== 0 && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return ms === 0 ? '0s' : `${ms}ms`;
}
