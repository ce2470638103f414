import { styleText } from 'node:util';
import { createPaint } from '../../../output/paint.ts';
import type { TerminalStream } from '../../../surroundings.ts';

export type TuiStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'inverse';

/** Colours escaped text. No style sets a background of its own, so that light and dark terminals both work. */
export type TuiPaint = (style: TuiStyle, text: string) => string;

/** Colours nothing. */
export const plain: TuiPaint = (_style, text) => text;

/** Decides whether the terminal gets colours, as for every command. */
export function createTuiPaint(stdout: TerminalStream, env: Readonly<Record<string, string | undefined>>): TuiPaint {
  const isColoured = createPaint(stdout, env)('bold', 'x') !== 'x';
  return isColoured ? (style, text) => styleText(style, text, { validateStream: false }) : plain;
}
