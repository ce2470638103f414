import { styleText } from 'node:util';
import type { TerminalStream } from '../surroundings.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Colours escaped text, where the reader is a terminal that wants colours. */
export type Paint = (style: Style, text: string) => string;

/** Decides whether a stream gets colours: a terminal, not a dumb one, and NO_COLOR unset or empty (no-color.org). */
export function createPaint(stream: TerminalStream, env: Readonly<Record<string, string | undefined>>): Paint {
  const coloured = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return coloured ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}
