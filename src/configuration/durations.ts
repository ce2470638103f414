const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A hundred years: more is a slip. */
const MAX_MS = 36_500 * UNIT_MS.d;

/** Reads `500ms`, `10s`, `5m`, `1h` or `1d` into milliseconds. @returns undefined for what is none, or is longer than a century */
export function durationMs(text: string): number | undefined {
  const [, digits = '', unit] = /^([1-9]\d{0,12})(ms|s|m|h|d)$/.exec(text) ?? [];
  // The regular expression admits no other unit.
  const ms = unit === undefined ? NaN : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return ms <= MAX_MS ? ms : undefined;
}

/** Writes milliseconds in the largest unit that they are a whole number of. */
export function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  }
  return `${ms}ms`;
}
