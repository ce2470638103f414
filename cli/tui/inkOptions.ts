import type { RenderOptions } from 'ink';

/** How the screen is written: only what has changed, and what was there before comes back when it ends. */
export const INK_OPTIONS = {
  exitOnCtrlC: false,
  alternateScreen: true,
  incrementalRendering: true,
  interactive: true,
  maxFps: 60,
} as const satisfies RenderOptions;
