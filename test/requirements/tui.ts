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
  'tui-nothing-half-done': {
    requirement: 'A change under way is finished or clearly reported when the TUI is left, and a form that is left changes nothing.',
    source: 'issue 4, it is done when',
  },
  'tui-live': {
    requirement: 'What is changed elsewhere is on the screen within a second, also after the connection was lost.',
    source: 'issue 4, 1, Live',
  },
  'tui-sizes': {
    requirement: 'Every screen fits the terminal, also while it is resized, from 40 columns on.',
    source: 'issue 4, 1; it is done when',
  },
  'tui-no-colour': {
    requirement: 'With NO_COLOR nothing is coloured, and everything can still be told apart.',
    source: 'no-color.org; issue 4, 1',
  },
  'tui-screen-reader': {
    requirement: 'With INK_SCREEN_READER the screen is written as plain lines in their order.',
    source: 'issue 4, 1',
  },
} as const satisfies RequirementsOf<'tui'>;
