const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Draws numbers as bars, the largest one the highest; nothing at all is a line of dots. */
export function sparkline(values: readonly number[]): string {
  const max = Math.max(0, ...values);
  return values
    .map((value) =>
      value === 0 ? '·' : (BARS[Math.min(BARS.length - 1, Math.floor((value / max) * BARS.length))] ?? '█'),
    )
    .join('');
}
