import type { IncomingMessage } from 'node:http';

/**
 * Has Node join and drop what it does of header lines. It has no public name for it; tests would notice if it were gone.
 * @param lines names and values in turns
 */
export function addHeaderLines(req: IncomingMessage, lines: string[]): void {
  (req as unknown as { _addHeaderLines(lines: string[], length: number): void })._addHeaderLines(lines, lines.length);
}
