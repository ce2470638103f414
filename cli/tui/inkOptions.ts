import type { RenderOptions } from 'ink';

/** What was there before comes back when it ends. */
export const INK_OPTIONS = {
  exitOnCtrlC: false,
  alternateScreen: true,
  interactive: true,
} as const satisfies RenderOptions;
