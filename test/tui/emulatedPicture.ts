import { stripVTControlCharacters } from 'node:util';
import { createPicture } from '../../cli/tui/drawing/picture.ts';
import { screenLines } from '../../cli/tui/frame/frameLines.ts';
import type { State } from '../../cli/tui/frame/model.ts';
import { createTuiPaint } from '../../cli/tui/frame/text/style.ts';
import { openEmulator, type Emulator } from './emulator.ts';

/** What a terminal shows of the TUI. */
export interface EmulatedPicture {
  readonly emulator: Emulator;
  /** Draws what has changed. @returns what was written for it */
  show(state: State): Promise<string>;
  /** The lines that the state has, without the spaces at their ends. */
  meant(state: State): string[];
}

/** Opens an emulated terminal that the TUI draws on. @param env as `NO_COLOR` (Default: with colours) */
export function openEmulatedPicture(
  { columns, rows }: State['size'],
  env: Readonly<Record<string, string>> = {},
): EmulatedPicture {
  const emulator = openEmulator(columns, rows);
  let written = '';
  const stdout = { isTTY: true, columns, rows, write: (text: string) => ((written += text), true) };
  const terminal = stdout as unknown as Parameters<typeof createPicture>[0];
  const picture = createPicture(terminal);
  const paint = createTuiPaint(terminal, env);
  return {
    emulator,
    async show(state) {
      written = '';
      picture.draw(screenLines(state, paint));
      await emulator.write(written);
      return written;
    },
    meant: (state) => screenLines(state, paint).map((line) => stripVTControlCharacters(line).trimEnd()),
  };
}
