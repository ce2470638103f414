import type { RequirementsOf } from './requirement.ts';

/** The terminal user interface. */
export const tui = {
  'tui-opens': {
    requirement: 'Without arguments and in a terminal the CLI opens the TUI; q leaves it with exit code 0.',
    source: 'DESIGN 1; issue 4, 1',
  },
  'tui-secret-once': {
    requirement:
      'A new secret is shown once, can be copied by OSC 52, and is in neither the screen nor the scrollback once it is left.',
    source: 'issue 4, 1, Keys',
  },
  'tui-terminal-restored': {
    requirement: 'However the TUI ends, the terminal is as it was before.',
    source: 'issue 4, 1; it is done when',
  },
} as const satisfies RequirementsOf<'tui'>;
