import type { TerminalStream } from '../../surroundings.ts';

/** Asks a terminal for its size, in characters; one that knows none has 80 × 24. */
export function terminalSize(stdout: TerminalStream): { readonly columns: number; readonly rows: number } {
  const rows = 'rows' in stdout && typeof stdout.rows === 'number' ? stdout.rows : 24;
  return { columns: stdout.columns ?? 80, rows };
}
