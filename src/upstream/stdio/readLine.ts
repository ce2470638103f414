import { readMessages, type BoundsOf, type ReadMessage } from '../duplex/readMessages.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import type { Line } from './lines.ts';

/** Reads what a line of a program's output holds. */
export async function readLine(
  label: ServerLabel,
  line: Line,
  maxBytes: number,
  boundsOf?: BoundsOf,
): Promise<readonly ReadMessage[]> {
  if (!('tooLong' in line)) return await readMessages(label, line.bytes, boundsOf);
  const fault = `a message of ${line.length} bytes; ${maxBytes} are allowed`;
  return [{ as: 'unusable', fault, responses: line.responses, tooLarge: true }];
}
