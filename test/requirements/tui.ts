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
  'tui-server-journey': {
    requirement: 'A server is added, tested before and after, and its tools are run from a form made of their schema.',
    source: 'issue 4, 1, Servers; it is done when',
  },
  'tui-transport-refused': {
    requirement: 'What the proxy can’t serve yet is refused in the form, with the reason.',
    source: 'issue 4, Servers are HTTP servers for now',
  },
  'tui-key-journey': {
    requirement: 'What is done to a key in the TUI is in force on a running gateway when the TUI says so.',
    source: 'issue 4, it is done when; DESIGN 4, Read your writes',
  },
  'tui-time-travel': {
    requirement: 'The state of a key is shown as it was at any moment of its history.',
    source: 'issue 4, 1, Audit',
  },
  'tui-undo': {
    requirement:
      'An event is undone by a compensating one, with a reason, where there is one, and else the TUI says why not.',
    source: 'issue 4, 1, Audit',
  },
} as const satisfies RequirementsOf<'tui'>;
