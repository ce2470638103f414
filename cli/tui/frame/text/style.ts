import { styleText } from 'node:util';
import { createPaint } from '../../../output/paint.ts';
import type { TerminalStream } from '../../../surroundings.ts';

export type TuiStyle = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'inverse';

/**
 * Paints escaped text. No style sets a background of its own, so that light and dark terminals both work. Where a palette is pale
 * a colour can hardly be read, so that it is for marks and single words, never for a sentence (`marked`).
 */
export type TuiPaint = (style: TuiStyle, text: string) => string;

/** Paints nothing. */
export const plain: TuiPaint = (_style, text) => text;

/** What is no colour: NO_COLOR leaves it, and without it the row under the cursor would hardly be seen (no-color.org). */
const UNCOLOURED: ReadonlySet<TuiStyle> = new Set(['bold', 'dim', 'inverse']);

/** Decides whether the terminal gets colours, as for every command; one that can do nothing of it gets plain text. */
export function createTuiPaint(stdout: TerminalStream, env: Readonly<Record<string, string | undefined>>): TuiPaint {
  const paints = (NO_COLOR: string | undefined) => createPaint(stdout, { ...env, NO_COLOR })('bold', 'x') !== 'x';
  if (!paints(undefined)) return plain;
  const isColoured = paints(env['NO_COLOR']);
  return (style, text) =>
    isColoured || UNCOLOURED.has(style) ? styleText(style, text, { validateStream: false }) : text;
}
