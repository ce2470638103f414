const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A hundred years: more is a slip. */
export const MAX_DURATION_MS = 36_500 * UNIT_MS.d;

const FORM = String.raw`(\d{1,13})(ms|s|m|h|d)`;
const DURATION = new RegExp(`^${FORM}$`);

/** The form of a duration that is longer than nothing, for a schema; `durationMs` knows the longest. */
export const POSITIVE_DURATION = new RegExp(`^(?=0*[1-9])${FORM}$`);

/** Reads a duration such as `90d`, `24h`, `30m`, `45s`, `500ms`. @returns milliseconds; undefined for what is none, or is longer than a century */
export function durationMs(text: string): number | undefined {
  const [, digits = '', unit] = DURATION.exec(text) ?? [];
  // The regular expression admits no other unit.
  const ms = unit === undefined ? NaN : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return ms <= MAX_DURATION_MS ? ms : undefined;
}

/** Writes milliseconds in the largest unit that they are a whole number of: `1h`, `90d`, `1500ms`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms !== 0 && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return ms === 0 ? '0s' : `${ms}ms`;
}
