const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Draws numbers as bars, the largest one the highest. A zero is a dot, in ASCII: Ink measures that much faster. */
export function sparkline(values: readonly number[]): string {
  const max = Math.max(0, ...values);
  return values
    .map((value) =>
      value === 0 ? '.' : (BARS[Math.min(BARS.length - 1, Math.floor((value / max) * BARS.length))] ?? '█'),
    )
    .join('');
}
