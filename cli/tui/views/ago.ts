const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** Says how long ago something was, in one unit. */
export function ago(time: Date | undefined, nowMs: number): string {
  if (time === undefined) return 'never';
  const ms = Math.max(0, nowMs - time.getTime());
  const unit = UNITS.find(([, size]) => ms >= size);
  return unit === undefined ? 'now' : `${Math.floor(ms / unit[1])}${unit[0]} ago`;
}
