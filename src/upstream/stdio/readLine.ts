import { readMessages, type BoundsOf } from '../duplex/readMessages.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import type { Line } from './lines.ts';

/** Reads what a line of a program's output holds; at once, unless it is large. */
export function readLine(
  label: ServerLabel,
  line: Line,
  maxBytes: number,
  boundsOf?: BoundsOf,
): ReturnType<typeof readMessages> {
  if (!('tooLong' in line)) {
    const { bytes } = line;
    return bytes instanceof Promise
      ? bytes.then((joined) => readMessages(label, joined, boundsOf))
      : readMessages(label, bytes, boundsOf);
  }
  const fault = `a message of ${line.length} bytes; ${maxBytes} are allowed`;
  return [{ as: 'unusable', fault, responses: line.responses, tooLarge: true }];
}
