import type { OnToolChange } from '../../src/events/mcpServer.ts';

/** Counts the tools of a server that wait, by what becomes of them meanwhile. */
export function waitingCount(onToolChange: OnToolChange | null, count: number): string {
  return `${count.toLocaleString('en')} ${onToolChange === 'hold' ? 'withheld' : 'flagged'}`;
}
