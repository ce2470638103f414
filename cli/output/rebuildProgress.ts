import type { RebuildProgress } from '../../src/projections/rebuilding/rebuild.ts';
import type { ProgressLine } from './progressLine.ts';

/** Tells a rebuild's progress on a line: events, events per second, and how much of the history that is. */
export function showRebuild(
  line: ProgressLine,
  what: string,
): { onProgress: (progress: RebuildProgress) => void; onWaiting: () => void } {
  const beganAt = performance.now();
  return {
    onProgress({ events, position, last }) {
      const perSecond = Math.round((events / Math.max(1, performance.now() - beganAt)) * 1_000);
      // Events that were appended since lie beyond the last one.
      const percent = position >= last ? 100n : (position * 100n) / last;
      line.show(`${what}: ${number(events)} events, ${number(perSecond)}/s, ${percent} %`);
    },
    onWaiting: () => line.show(`${what}: waiting for another process that rebuilds …`),
  };
}

function number(value: number): string {
  return value.toLocaleString('en');
}
