const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Draws numbers as bars, the largest one the highest. A zero is a dot, in ASCII: Ink measures that much faster. */
export function sparkline(values: readonly number[]): string {
  const max = Math.max(0, ...values);
  return values
    .map((value) =>
      value === 0 ? '.' : (HEIGHTS[Math.min(HEIGHTS.length - 1, Math.floor((value / max) * HEIGHTS.length))] ?? '█'),
    )
    .join('');
}

/** Draws a number as a bar across, of `width` columns where it is the largest one. What is more than nothing is seen. */
export function bar(value: number, max: number, width: number): string {
  if (value <= 0 || max <= 0) return '';
  return '▇'.repeat(Math.max(1, Math.round((value / max) * width)));
}
