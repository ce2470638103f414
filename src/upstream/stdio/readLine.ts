import { readMessages, type ReadMessage } from '../duplex/readMessages.ts';
import type { Line } from './lines.ts';

/** Reads what a line of a program's output holds. */
export function readLine(line: Line, maxBytes: number): readonly ReadMessage[] {
  if (!('tooLong' in line)) return readMessages(line.bytes);
  const fault = `a message of ${line.length} bytes; ${maxBytes} are allowed`;
  return [{ as: 'unusable', fault, responses: line.responses, tooLarge: true }];
}
